package io.github.vla3d.agent;

import io.github.vla3d.data.View;
import io.github.vla3d.data.ViewTransforms;
import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.ImageTransform;
import io.github.vla3d.policy.PolicyException;
import java.util.Locale;
import java.util.Optional;

/**
 * Which way up a policy wants its pictures. How a picture lies is known from its camera: one stored
 * bottom row first has a negative fy, a mirrored one a negative fx.
 */
public enum Orientation {
  /** As they come; but one that lies bottom row first is an error, as no policy wants that. */
  AUTO,
  /** As they come. */
  STORED,
  /** As a pinhole camera sees. */
  UPRIGHT,
  /**
   * Upright, left and right exchanged: LIBERO's pictures turned by 180 degrees, which most policies
   * for LIBERO were trained with.
   */
  MIRRORED;

  /** The view, turned as this says; depth and cameras take part. */
  View apply(View view) {
    Optional<Camera> camera = view.camera();
    if (this == STORED || (this == AUTO && camera.isEmpty())) {
      return view;
    }
    if (camera.isEmpty()) {
      throw new PolicyException(
          "view '%s': wanted a camera to tell how the picture lies, got none (orientation %s)"
              .formatted(view.name(), name().toLowerCase(Locale.ROOT)));
    }
    boolean reversed = camera.get().intrinsics().fy() < 0;
    boolean mirrored = camera.get().intrinsics().fx() < 0;
    if (this == AUTO) {
      if (reversed) {
        throw new PolicyException(
            "view '%s' lies bottom row first: say how the policy wants its pictures (orientation"
                    .formatted(view.name())
                + " mirrored for policies trained on LIBERO's turned pictures, upright, or stored)");
      }
      return view;
    }
    int width = view.rgb().width();
    int height = view.rgb().height();
    ImageTransform turn = ImageTransform.identity(width, height);
    if (reversed) {
      turn = turn.then(ImageTransform.reverseRows(width, height));
    }
    if (mirrored != (this == MIRRORED)) {
      turn = turn.then(ImageTransform.mirror(width, height));
    }
    return reversed || mirrored != (this == MIRRORED) ? ViewTransforms.apply(view, turn) : view;
  }
}
