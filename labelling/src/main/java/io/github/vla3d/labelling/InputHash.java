package io.github.vla3d.labelling;

import io.github.vla3d.data.Observation;
import io.github.vla3d.data.View;
import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.RigidTransform;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;

/** A check sum of what a teacher was shown: pictures, depth, cameras, the robot's state, words. */
final class InputHash {
  private final MessageDigest digest;

  private InputHash() {
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  static String of(Observation seen) {
    InputHash hash = new InputHash();
    hash.text(seen.instruction());
    hash.floats(seen.state());
    hash.doubles(seen.joints().arm());
    hash.doubles(seen.joints().fingers());
    for (RigidTransform effector : seen.worldFromEffectors()) {
      hash.pose(effector);
    }
    for (View view : seen.views()) {
      hash.text(view.name());
      hash.digest.update(view.rgb().toArray());
      view.depth().ifPresent(depth -> hash.floats(depth.toArray()));
      hash.camera(view.camera());
      hash.camera(view.depthCamera());
    }
    return HexFormat.of().formatHex(hash.digest.digest());
  }

  private void text(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).array());
    digest.update(bytes);
  }

  private void floats(float[] values) {
    ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES * values.length);
    bytes.asFloatBuffer().put(values);
    digest.update(bytes);
  }

  private void doubles(double[] values) {
    ByteBuffer bytes = ByteBuffer.allocate(Double.BYTES * values.length);
    bytes.asDoubleBuffer().put(values);
    digest.update(bytes);
  }

  private void pose(RigidTransform pose) {
    doubles(pose.toRowMajor());
  }

  private void camera(Optional<Camera> camera) {
    digest.update((byte) (camera.isPresent() ? 1 : 0));
    camera.ifPresent(
        c -> {
          doubles(c.intrinsics().matrix());
          pose(c.worldFromCamera());
        });
  }
}
