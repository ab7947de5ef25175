package io.github.vla3d.cli;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The rules of docs/architecture.md, held against all classes on the class path of the program. */
@AnalyzeClasses(
    packages = HouseRulesTest.ROOT,
    importOptions = ImportOption.DoNotIncludeTests.class)
class HouseRulesTest {
  static final String ROOT = "io.github.vla3d";

  @ArchTest
  static final ArchRule onlyTheFacadeKnowsTheEngine =
      noClasses()
          .that()
          .resideOutsideOfPackage(ROOT + ".torch")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.bytedeco.pytorch..", "org.bytedeco.openblas..");

  /** Readers of video use the same family of bindings, for other libraries. */
  @ArchTest
  static final ArchRule onlyFacadeAndReadersUseNativeBindings =
      noClasses()
          .that()
          .resideOutsideOfPackages(ROOT + ".torch", ROOT + ".datasets..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("org.bytedeco..");

  @ArchTest
  static final ArchRule roomsStandOnRoomsBelow =
      layeredArchitecture()
          .consideringOnlyDependenciesInLayers()
          .withOptionalLayers(true)
          .layer("torch")
          .definedBy(ROOT + ".torch..")
          .layer("geometry")
          .definedBy(ROOT + ".geometry..")
          .layer("verify")
          .definedBy(ROOT + ".verify..")
          .layer("data")
          .definedBy(ROOT + ".data..", ROOT + ".datasets..")
          .layer("policy")
          .definedBy(ROOT + ".policy..")
          .layer("scene")
          .definedBy(ROOT + ".scene..")
          .layer("perception")
          .definedBy(ROOT + ".perception..")
          .layer("tabletop")
          .definedBy(ROOT + ".tabletop..")
          .layer("agent")
          .definedBy(ROOT + ".agent..")
          .layer("labelling")
          .definedBy(ROOT + ".labelling..")
          .layer("evaluation")
          .definedBy(ROOT + ".evaluation..")
          .layer("cli")
          .definedBy(ROOT + ".cli..")
          .whereLayer("torch")
          .mayNotAccessAnyLayer()
          .whereLayer("verify")
          .mayOnlyAccessLayers("torch")
          .whereLayer("geometry")
          .mayOnlyAccessLayers("torch")
          .whereLayer("data")
          .mayOnlyAccessLayers("torch", "geometry", "verify")
          .whereLayer("policy")
          .mayOnlyAccessLayers("torch", "geometry", "data", "verify")
          .whereLayer("scene")
          .mayOnlyAccessLayers("torch", "geometry", "data", "verify")
          .whereLayer("perception")
          .mayOnlyAccessLayers("torch", "geometry", "data", "verify")
          .whereLayer("tabletop")
          .mayOnlyAccessLayers("torch", "geometry", "data", "verify")
          .whereLayer("agent")
          .mayOnlyAccessLayers(
              "torch", "geometry", "data", "policy", "scene", "perception", "verify")
          .whereLayer("labelling")
          .mayOnlyAccessLayers(
              "torch", "geometry", "data", "policy", "scene", "perception", "agent", "verify")
          .whereLayer("evaluation")
          .mayOnlyBeAccessedByLayers("cli")
          .whereLayer("cli")
          .mayNotBeAccessedByAnyLayer();

  /** What a simulator recorded for judges is for scores and for the oracle. */
  @ArchTest
  static final ArchRule onlyJudgesSeeTheTruth =
      classes()
          .that()
          .resideInAPackage(ROOT + ".labelling.truth..")
          .should()
          .onlyBeAccessed()
          .byClassesThat()
          .haveNameMatching(
              ".*\\.(labelling\\.truth\\..*|OracleLabels|LabelScorer(\\$.*)?|Contacts|Labelling|Teachers"
                  + "|Trial|LabelCommand)");

  @ArchTest
  static final ArchRule noCycles = slices().matching(ROOT + ".(**)").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule commandsAreNotApi =
      classes()
          .that()
          .resideInAPackage(ROOT + ".cli")
          .and()
          .doNotHaveSimpleName("Main")
          .should()
          .notBePublic();
}
