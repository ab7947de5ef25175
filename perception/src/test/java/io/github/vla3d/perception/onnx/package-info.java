@NullMarked
package io.github.vla3d.perception.onnx;

import org.jspecify.annotations.NullMarked;
