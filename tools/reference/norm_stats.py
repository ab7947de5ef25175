"""openpi's own statistics of a LeRobot v3.0 data set, as a reference for `vla3d norm-stats`.

    python norm_stats.py OPENPI_SRC DATASET HORIZON DELTA OUT

OPENPI_SRC is the folder src of a checkout of openpi (only openpi/shared/normalize.py is used; it
needs numpy, pydantic and numpydantic). DELTA is a list like 1,1,0. Frames are taken in order in
batches of 32, the last incomplete batch is dropped, the actions of a chunk are repeated at the end
of an episode, as openpi's script and LeRobot's loader do. Numbers are given to it in double
precision.
"""

import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

BATCH = 32


def main(source, dataset, horizon, delta, out):
    sys.path.insert(0, source)
    from openpi.shared import normalize

    files = sorted(Path(dataset).glob("data/*/*.parquet"))
    columns = ["observation.state", "action", "episode_index", "index"]
    rows = [row for file in files for row in pq.read_table(file, columns=columns).to_pylist()]
    rows.sort(key=lambda row: row["index"])
    states = np.array([row["observation.state"] for row in rows], np.float32)
    actions = np.array([row["action"] for row in rows], np.float32)
    episodes = np.array([row["episode_index"] for row in rows])
    mask = np.array([bool(int(d)) for d in delta.split(",")])
    stats = {"state": normalize.RunningStats(), "actions": normalize.RunningStats()}
    for start in range(0, len(rows) // BATCH * BATCH, BATCH):
        chunks = []
        for i in range(start, start + BATCH):
            last = np.flatnonzero(episodes == episodes[i])[-1]
            chunk = actions[np.minimum(np.arange(i, i + int(horizon)), last)].copy()
            chunk[:, : len(mask)] -= np.where(mask, states[i, : len(mask)], 0)
            chunks.append(chunk)
        stats["state"].update(states[start : start + BATCH].astype(np.float64))
        stats["actions"].update(np.stack(chunks).astype(np.float64))
    Path(out).write_text(
        normalize.serialize_json({key: value.get_statistics() for key, value in stats.items()})
    )
    print(f"ok: {out}")


if __name__ == "__main__":
    main(*sys.argv[1:])
