package io.github.vla3d.data.doctor;

import io.github.vla3d.data.View;
import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.DepthImage;
import io.github.vla3d.geometry.DepthKind;
import io.github.vla3d.geometry.Intrinsics;
import io.github.vla3d.geometry.Pixel;
import java.util.Optional;

/**
 * What one camera measured at one time, and how its numbers are read: a hypothesis changes the
 * camera or the kind and never touches the map.
 */
record Shot(Camera camera, DepthImage depth, DepthKind kind) {
  static Optional<Shot> of(View view) {
    return view.depth()
        .flatMap(depth -> view.depthCamera().map(c -> new Shot(c, depth, DepthKind.METRES)));
  }

  Shot with(Camera other) {
    return new Shot(other, depth, kind);
  }

  Shot with(DepthKind other) {
    return new Shot(camera, depth, other);
  }

  Intrinsics intrinsics() {
    return camera.intrinsics();
  }

  /** Planar metres at a pixel, 0 for none. */
  double at(int column, int row) {
    double stored = depth.at(column, row);
    if (stored == 0 || kind == DepthKind.METRES) {
      return stored;
    }
    double length =
        kind instanceof DepthKind.RayDistance
            ? intrinsics().ray(Pixel.centre(column, row)).norm()
            : 1;
    return kind.planarMetres(stored, length);
  }

  /** All of them. */
  DepthImage metres() {
    float[] metres = new float[depth.width() * depth.height()];
    for (int i = 0; i < metres.length; i++) {
      metres[i] = (float) at(i % depth.width(), i / depth.width());
    }
    return DepthImage.of(metres, depth.width(), depth.height());
  }

  /**
   * Planar metres at a place, linear in 1/z between the four pixels around it; 0 beside the
   * picture, and where these do not belong to one smooth surface.
   */
  double surface(Pixel p) {
    if (!(p.u() >= 0.5
        && p.v() >= 0.5
        && p.u() < depth.width() - 0.5
        && p.v() < depth.height() - 0.5)) {
      return 0;
    }
    int left = Math.min((int) (p.u() - 0.5), depth.width() - 2);
    int top = Math.min((int) (p.v() - 0.5), depth.height() - 2);
    double a = at(left, top);
    double b = at(left + 1, top);
    double c = at(left, top + 1);
    double d = at(left + 1, top + 1);
    double low = Math.min(Math.min(a, b), Math.min(c, d));
    double high = Math.max(Math.max(a, b), Math.max(c, d));
    if (!(low > 0) || high - low > EDGE * low) {
      return 0;
    }
    double du = p.u() - 0.5 - left;
    double dv = p.v() - 0.5 - top;
    return 1 / ((1 - dv) * ((1 - du) / a + du / b) + dv * ((1 - du) / c + du / d));
  }

  /** Relative step of depth between neighbouring pixels that counts as an edge. */
  private static final double EDGE = 0.04;
}
