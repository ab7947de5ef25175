package io.github.vla3d.perception.depth;

import static io.github.vla3d.perception.depth.BoxScene.FRONT;
import static io.github.vla3d.perception.depth.BoxScene.TOP;

import io.github.vla3d.data.Observation;
import io.github.vla3d.geometry.Vector3;
import io.github.vla3d.perception.Teacher;
import io.github.vla3d.perception.TeacherContract;
import io.github.vla3d.perception.depth.BoxScene.Box;
import java.util.Collections;
import java.util.List;
import java.util.Map;

class DepthTeacherContractTest extends TeacherContract {
  private static final int SIZE = 256;
  private static final Box RED = Box.at(0.05, -0.12, 0.08, 0.06, 0.07, 200, 40, 40);
  private static final Box BLUE = Box.at(-0.05, 0.14, 0.06, 0.10, 0.05, 40, 60, 200);
  private static final Box WALL =
      new Box(new Vector3(-0.3, -2, -2), new Vector3(-0.2, 2, 2), 90, 90, 90);

  private static Observation seen(BoxScene scene) {
    return scene.observe(List.of(), FRONT, TOP);
  }

  @Override
  protected Teacher open() {
    return new DepthTeacher();
  }

  @Override
  protected List<Observation> frames(int episode) {
    Vector3 by = new Vector3(0.03 * episode, 0, 0);
    return Collections.nCopies(4, seen(new BoxScene(SIZE, RED.moved(by), BLUE)));
  }

  @Override
  protected int things() {
    return 2;
  }

  @Override
  protected Map<String, Shown> nothing() {
    return Map.of(
        "an empty table", new Shown(0, seen(new BoxScene(SIZE))),
        "no table", new Shown(0, seen(new BoxScene(SIZE, RED, BLUE).withoutTable())),
        "a wall", new Shown(0, seen(new BoxScene(SIZE, WALL).withoutTable())));
  }

  @Override
  protected boolean needsDepth() {
    return true;
  }
}
