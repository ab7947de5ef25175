package io.github.vla3d.cli.demo;

/**
 * A policy of the demo.
 *
 * @param name in tables and episodes
 * @param words what it is, for people
 * @param version of its weights
 * @param policyParameters of the policy itself
 * @param pluginParameters of the plug-in, 0 without one
 * @param milliseconds median of a question
 * @param pluginMilliseconds how much longer than the first policy's it takes up to the actions
 */
public record Entrant(
    String name,
    String words,
    String version,
    long policyParameters,
    long pluginParameters,
    double milliseconds,
    double pluginMilliseconds) {}
