package io.github.vla3d.scene;

import io.github.vla3d.scene.aggregation.SceneTokens;
import io.github.vla3d.scene.aggregation.Selection;
import io.github.vla3d.scene.completion.CompletionQueries;
import io.github.vla3d.scene.fusion.Fusion;
import io.github.vla3d.scene.fusion.Memory;
import io.github.vla3d.scene.instance.Instances;
import io.github.vla3d.scene.instance.Matching;
import org.jspecify.annotations.Nullable;

/**
 * All that came up on the walk through the method; losses are computed of it.
 *
 * @param embedded tokens with their places, before they read each other
 * @param memory M
 * @param instances what the probes say
 * @param match which probe answers for which object; null at inference
 * @param selection probes that became tokens
 * @param queries where features were completed; null if they were not
 * @param tokens for the policy
 */
public record Perception(
    Fusion.Embedded embedded,
    Memory memory,
    Instances instances,
    Matching.@Nullable Match match,
    Selection selection,
    @Nullable CompletionQueries queries,
    SceneTokens tokens) {}
