package io.github.vla3d.geometry;

import java.util.Random;

/** Seeded random geometry. */
final class Samples {
  private final Random random;

  Samples(long seed) {
    random = new Random(seed);
  }

  double in(double low, double high) {
    return low + (high - low) * random.nextDouble();
  }

  int in(int low, int high) {
    return low + random.nextInt(high - low + 1);
  }

  boolean coin() {
    return random.nextBoolean();
  }

  Vector3 vector(double size) {
    return new Vector3(in(-size, size), in(-size, size), in(-size, size));
  }

  Vector3 gaussian(double sigma) {
    return new Vector3(
        sigma * random.nextGaussian(),
        sigma * random.nextGaussian(),
        sigma * random.nextGaussian());
  }

  /** Rotation uniform over all. */
  RigidTransform transform() {
    double[] q = new double[4];
    double norm = 0;
    for (int i = 0; i < 4; i++) {
      q[i] = random.nextGaussian();
      norm += q[i] * q[i];
    }
    norm = Math.sqrt(norm);
    return RigidTransform.fromQuaternion(
        q[0] / norm, q[1] / norm, q[2] / norm, q[3] / norm, vector(2));
  }

  Camera camera() {
    int width = in(32, 640);
    int height = in(32, 480);
    Intrinsics k =
        Intrinsics.fromRowMajor(
            new double[] {
              in(50.0, 700.0) * (coin() ? 1 : -1),
              in(-3.0, 3.0),
              width * in(0.3, 0.7),
              0,
              in(50.0, 700.0) * (coin() ? 1 : -1),
              height * in(0.3, 0.7),
              0,
              0,
              1
            },
            width,
            height);
    return new Camera(k, transform());
  }

  /** One of every kind of image transform, for pictures of this size. */
  ImageTransform imageTransform(int width, int height) {
    return switch (random.nextInt(8)) {
      case 0 -> ImageTransform.resize(width, height, in(16, 400), in(16, 400));
      case 1 ->
          ImageTransform.crop(
              width, height, in(0, width / 3), in(0, height / 3), width / 2 + 1, height / 2 + 1);
      case 2 -> ImageTransform.pad(width, height, in(0, 9), in(0, 9), in(0, 9), in(0, 9));
      case 3 -> ImageTransform.mirror(width, height);
      case 4 -> ImageTransform.reverseRows(width, height);
      case 5 -> ImageTransform.rotate90(width, height);
      case 6 ->
          ImageTransform.rotate180(width, height).then(ImageTransform.rotate270(width, height));
      default -> ImageTransform.rotate(width, height, in(-3.0, 3.0));
    };
  }

  ImageTransform sequence(int width, int height) {
    ImageTransform sequence = ImageTransform.identity(width, height);
    for (int i = in(1, 4); i > 0; i--) {
      sequence = sequence.then(imageTransform(sequence.width(), sequence.height()));
    }
    return sequence;
  }
}
