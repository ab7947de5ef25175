package io.github.vla3d.labelling;

import io.github.vla3d.data.Observation;
import io.github.vla3d.data.View;
import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.DepthImage;
import io.github.vla3d.geometry.Pixel;
import io.github.vla3d.geometry.Vector3;
import io.github.vla3d.labelling.truth.InstancePicture;
import io.github.vla3d.labelling.truth.Truth;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Which objects and fixtures of a frame come close to another, as far as all views show them. */
final class Contacts {
  /** Metres. */
  private static final double CLOSE = 0.01;

  private record Point(int id, Vector3 at) {}

  private record Cell(long x, long y, long z) {
    static Cell of(Vector3 p) {
      return new Cell(floor(p.x()), floor(p.y()), floor(p.z()));
    }

    private static long floor(double v) {
      return (long) Math.floor(v / CLOSE);
    }
  }

  private final Map<Cell, List<Point>> cells = new HashMap<>();
  private final Set<Integer> touching = new HashSet<>();

  Contacts(Observation seen, Map<String, InstancePicture> pictures) {
    for (View view : seen.views()) {
      InstancePicture ids = pictures.get(view.name());
      if (ids != null && view.depth().isPresent() && view.depthCamera().isPresent()) {
        add(ids, view.depth().get(), view.depthCamera().get());
      }
    }
    cells.forEach(this::look);
  }

  private void add(InstancePicture ids, DepthImage depth, Camera camera) {
    for (int i = 0; i < ids.width() * ids.height(); i++) {
      int column = i % ids.width();
      int row = i / ids.width();
      float z = depth.at(column, row);
      if (ids.at(i) >= Truth.FIRST_OBJECT && z > 0) {
        Vector3 point = camera.unproject(new Pixel(column + 0.5, row + 0.5), z);
        cells
            .computeIfAbsent(Cell.of(point), cell -> new ArrayList<>())
            .add(new Point(ids.at(i), point));
      }
    }
  }

  private void look(Cell cell, List<Point> points) {
    for (int dx = -1; dx <= 1; dx++) {
      for (int dy = -1; dy <= 1; dy++) {
        for (int dz = -1; dz <= 1; dz++) {
          List<Point> others = cells.get(new Cell(cell.x + dx, cell.y + dy, cell.z + dz));
          if (others != null) {
            compare(points, others);
          }
        }
      }
    }
  }

  private void compare(List<Point> points, List<Point> others) {
    for (Point a : points) {
      if (touching.contains(a.id)) {
        continue;
      }
      for (Point b : others) {
        if (a.id != b.id && a.at.distance(b.at) <= CLOSE) {
          touching.add(a.id);
          break;
        }
      }
    }
  }

  boolean touches(int id) {
    return touching.contains(id);
  }
}
