package io.github.vla3d.labelling;

import io.github.vla3d.perception.LabelledObject;
import java.util.OptionalDouble;

/**
 * An object of a frame with all that is kept of it.
 *
 * @param object with a place, as far as anybody knows it
 * @param unobserved share of the whole object that no view shows; empty where too little is seen
 * @param completion points of its hidden part, x y z in metres in the world of the data set: five
 *     for the most hidden six objects of a frame, otherwise none
 */
@SuppressWarnings("ArrayRecordComponent") // a plain carrier
public record Label(LabelledObject object, OptionalDouble unobserved, double[] completion) {}
