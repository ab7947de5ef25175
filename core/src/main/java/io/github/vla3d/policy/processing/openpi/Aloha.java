package io.github.vla3d.policy.processing.openpi;

import io.github.vla3d.policy.processing.ProcessingException;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.DoubleUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * {@link Robot#aloha}. The pre-training data turns some joints the other way and reports a gripper
 * as an angle, where ALOHA reports how far it is open.
 */
record Aloha(boolean adaptToPi) implements Robot {
  private static final String IMAGES = "images/";
  private static final Set<String> CAMERAS =
      Set.of("cam_high", "cam_low", "cam_left_wrist", "cam_right_wrist");

  private static final Map<String, String> KEYS =
      Map.of(
          BASE, IMAGES + "cam_high",
          LEFT_WRIST, IMAGES + "cam_left_wrist",
          RIGHT_WRIST, IMAGES + "cam_right_wrist");

  private static final int SIZE = 14;
  private static final double[] SIGNS = {1, -1, -1, 1, 1, 1, 1, 1, -1, -1, 1, 1, 1, 1};
  private static final Set<Integer> GRIPPERS = Set.of(6, 13);

  /** Finger positions between closed and open, metres. */
  private static final Range FINGERS = new Range(0.01844, 0.05800);

  /** The gripper's angle in the pre-training data, radians. */
  private static final Range PI_ANGLE = new Range(0.5476, 1.6296);

  /** The gripper's command angle, radians. */
  private static final Range COMMAND = new Range(-0.6213, 1.4910);

  /** The linkage that turns a servo angle into a finger position, metres. */
  private static final double ARM = 0.036;

  private static final double HORN = 0.022;

  private record Range(double low, double high) {
    double to01(double x) {
      return (x - low) / (high - low);
    }

    double from01(double x) {
      return x * (high - low) + low;
    }
  }

  @Override
  public RobotInput input(Request request) {
    for (String key : request.values().keySet()) {
      if (key.startsWith(IMAGES) && !CAMERAS.contains(key.substring(IMAGES.length()))) {
        throw new ProcessingException("images: wanted some of %s, got %s".formatted(CAMERAS, key));
      }
    }
    Map<String, Tensor> images = new LinkedHashMap<>();
    Tensor base = Images.parseFirstChannels(request, IMAGES + "cam_high");
    images.put(BASE, base);
    boolean left = wrist(request, images, LEFT_WRIST, "cam_left_wrist", base);
    boolean right = wrist(request, images, RIGHT_WRIST, "cam_right_wrist", base);
    Tensor actions = request.values().get(Request.ACTIONS);
    return new RobotInput(
        images,
        Map.of(BASE, true, LEFT_WRIST, left, RIGHT_WRIST, right),
        adapted(request.vector("state", SIZE), Aloha::angleOfFingers),
        actions == null ? null : adapted(actions, x -> COMMAND.from01(x) - PI_ANGLE.low()));
  }

  private static boolean wrist(
      Request request, Map<String, Tensor> images, String name, String camera, Tensor base) {
    boolean present = request.values().containsKey(IMAGES + camera);
    images.put(
        name, present ? Images.parseFirstChannels(request, IMAGES + camera) : Images.black(base));
    return present;
  }

  @Override
  public List<String> cameras() {
    return List.of(BASE, LEFT_WRIST, RIGHT_WRIST);
  }

  @Override
  public List<String> requiredCameras() {
    return List.of(BASE);
  }

  @Override
  public int stateSize() {
    return SIZE;
  }

  @Override
  public Request request(
      Map<String, Tensor> images, Tensor state, @Nullable Tensor actions, @Nullable String prompt) {
    Map<String, Tensor> first = new LinkedHashMap<>(images);
    first.replaceAll((camera, image) -> image.permute(2, 0, 1).contiguous());
    return Request.of(KEYS, first, Map.of("state", state), actions, prompt);
  }

  @Override
  public Tensor output(Tensor actions) {
    return adapted(actions.narrow(-1, 0, SIZE), x -> COMMAND.to01(x + PI_ANGLE.low()));
  }

  private static double angleOfFingers(double opening) {
    double position = FINGERS.from01(opening);
    double sine = (HORN * HORN + position * position - ARM * ARM) / (2 * HORN * position);
    return PI_ANGLE.to01(Math.asin(Math.max(-1, Math.min(1, sine))));
  }

  /** F64: joints with their signs, grippers through a function. */
  private Tensor adapted(Tensor x, DoubleUnaryOperator gripper) {
    if (x.dim() < 1 || x.size(-1) != SIZE || !x.dtype().isFloating()) {
      throw new ProcessingException(
          "ALOHA: wanted floating numbers of %d dimensions, got %s".formatted(SIZE, x));
    }
    if (!adaptToPi) {
      return x;
    }
    return Scope.tensor(
        () -> {
          double[] values = x.to(DType.F64).toDoubles();
          for (int i = 0; i < values.length; i++) {
            values[i] =
                GRIPPERS.contains(i % SIZE)
                    ? gripper.applyAsDouble(values[i])
                    : SIGNS[i % SIZE] * values[i];
          }
          return Tensors.of(values, x.shape());
        });
  }

  @Override
  public int actionSize() {
    return SIZE;
  }
}
