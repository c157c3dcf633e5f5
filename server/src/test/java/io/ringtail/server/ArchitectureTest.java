package io.ringtail.server;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

/**
 * Who may know whom, of all modules that the server is made of. The poms keep modules apart; this keeps packages apart, and holds the
 * sentences of {@code docs/architecture.md} and of the {@code package-info} files to their word.
 */
class ArchitectureTest {
    private static final String ROOT = "io.ringtail";

    private static final JavaClasses CODE = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages(ROOT);

    /** Of each package named here, the packages of Ringtail that it may use beside itself; one that is not named is free to choose. */
    private static final Map<String, List<String>> MAY_USE = Map.ofEntries(
            Map.entry("protocol", List.of()),
            Map.entry("protocol.client", List.of("protocol")),
            Map.entry("engine.record", List.of()),
            Map.entry("engine.io", List.of()),
            Map.entry("engine.commitlog", List.of("engine.io", "engine.record")),
            Map.entry("engine.memtable", List.of("engine.io", "engine.record")),
            Map.entry("engine.sstable", List.of("engine.io", "engine.record")),
            Map.entry("engine.manifest", List.of("engine.io")),
            Map.entry("engine.compaction", List.of("engine.io", "engine.record", "engine.sstable")),
            Map.entry(
                    "engine.tool",
                    List.of("engine.io", "engine.record", "engine.commitlog", "engine.sstable", "engine.manifest")),
            Map.entry("cluster.flaw", List.of()),
            Map.entry("cluster.message", List.of("engine.record")),
            Map.entry("cluster.topology", List.of("cluster.message")),
            Map.entry("cluster.transport", List.of("cluster.message", "cluster.topology")),
            Map.entry("cluster.ring", List.of("cluster.topology")),
            Map.entry(
                    "cluster.register", List.of("cluster.topology", "cluster.message", "cluster.flaw", "engine.io")),
            Map.entry(
                    "cluster.membership",
                    List.of("cluster.register", "cluster.ring", "cluster.topology", "cluster.transport",
                            "cluster.message", "cluster.flaw")),
            Map.entry("cluster.clock", List.of()),
            Map.entry(
                    "cluster.gossip",
                    List.of("cluster.clock", "cluster.message", "cluster.topology", "cluster.transport")),
            Map.entry(
                    "cluster.hint",
                    List.of("engine", "engine.compaction", "engine.record", "cluster.clock", "cluster.flaw",
                            "cluster.transport")),
            Map.entry(
                    "cluster.settle",
                    List.of("engine", "engine.compaction", "engine.record", "engine.sstable", "cluster.clock", "cluster.flaw",
                            "cluster.gossip", "cluster.hint", "cluster.ring", "cluster.topology", "cluster.transport")),
            Map.entry(
                    "cluster.antientropy",
                    List.of("engine", "engine.record", "engine.sstable", "cluster.flaw", "cluster.message", "cluster.replica",
                            "cluster.ring", "cluster.settle", "cluster.topology", "cluster.transport")),
            Map.entry(
                    "cluster.transfer",
                    List.of("engine", "engine.record", "cluster.clock", "cluster.flaw", "cluster.gossip", "cluster.hint", "cluster.membership", "cluster.message",
                            "cluster.ring", "cluster.topology", "cluster.transport")),
            Map.entry("server.config", List.of()),
            Map.entry("server.metrics", List.of()),
            Map.entry("server.session", List.of("protocol", "cluster.coordinator")),
            Map.entry(
                    "server.command",
                    List.of("protocol", "engine.record", "cluster.antientropy", "cluster.clock", "cluster.coordinator", "cluster.gossip", "cluster.hint",
                            "cluster.membership", "cluster.message", "cluster.node", "cluster.quorum", "cluster.ring", "cluster.settle",
                            "cluster.topology", "cluster.transfer", "cluster.transport", "server.config", "server.metrics",
                            "server.peer", "server.session")),
            Map.entry("server.loop", List.of("cluster.transport")),
            Map.entry(
                    "server.peer",
                    List.of("cluster.transport", "cluster.topology", "cluster.message", "server.config", "server.loop")),
            Map.entry(
                    "server.net",
                    List.of("protocol", "cluster.coordinator", "cluster.quorum", "cluster.transport",
                            "server.config", "server.loop", "server.metrics", "server.session", "server.command")));

    /** What {@code docs/architecture.md} draws: a module knows those its arrows lead to. */
    private static final Map<String, Set<String>> MODULES = Map.of(
            "protocol", Set.of(),
            "engine", Set.of(),
            "cluster", Set.of("engine"),
            "server", Set.of("protocol", "cluster", "engine"));

    @Test
    void everyModuleIsLookedAt() {
        assertThat(MODULES.keySet()).allSatisfy(module -> assertThat(CODE.containPackage(ROOT + "." + module)).isTrue());
        assertThat(MAY_USE.keySet()).allSatisfy(name -> assertThat(CODE.containPackage(ROOT + "." + name)).isTrue());
    }

    @Test
    void packagesDependOnEachOtherInOneDirectionOnly() {
        slices().matching(ROOT + ".(**)").should().beFreeOfCycles().check(CODE);
    }

    @Test
    void modulesKnowOnlyThoseBelowThem() {
        MODULES.forEach((module, known) -> {
            String[] unknown = MODULES.keySet().stream()
                    .filter(other -> !other.equals(module) && !known.contains(other))
                    .map(other -> ROOT + "." + other + "..")
                    .toArray(String[]::new);
            if (unknown.length > 0) {
                noClasses()
                        .that().resideInAPackage(ROOT + "." + module + "..")
                        .should().dependOnClassesThat().resideInAnyPackage(unknown)
                        .check(CODE);
            }
        });
    }

    @Test
    void packagesUseWhatTheySayTheyUse() {
        MAY_USE.forEach((name, others) -> {
            String[] allowed = Stream.concat(Stream.of(name), others.stream())
                    .map(other -> ROOT + "." + other)
                    .toArray(String[]::new);
            DescribedPredicate<JavaClass> notAllowed = describe(
                    "are Ringtail's and in none of " + Arrays.toString(allowed),
                    type -> resideInAPackage(ROOT + "..").test(type) && !resideInAnyPackage(allowed).test(type));
            noClasses().that().resideInAPackage(ROOT + "." + name).should().dependOnClassesThat(notAllowed).check(CODE);
        });
    }

    @Test
    void theThreeHomesOfARecordDoNotKnowEachOther() {
        List<String> homes = List.of("commitlog", "memtable", "sstable");
        for (String home : homes) {
            String[] others = homes.stream()
                    .filter(other -> !other.equals(home))
                    .map(other -> ROOT + ".engine." + other + "..")
                    .toArray(String[]::new);
            noClasses()
                    .that().resideInAPackage(ROOT + ".engine." + home + "..")
                    .should().dependOnClassesThat().resideInAnyPackage(others)
                    .check(CODE);
        }
    }

    @Test
    void storageAndClusterKnowNoNetwork() {
        noClasses()
                .that().resideInAnyPackage(ROOT + ".engine..", ROOT + ".cluster..")
                .should().dependOnClassesThat().resideInAnyPackage("io.netty..", "java.net..")
                .check(CODE);
    }

    @Test
    void recordsAndTheDecisionsAboutThemArePure() {
        noClasses()
                .that().resideInAnyPackage(ROOT + ".engine.record..", ROOT + ".cluster.clock..")
                .should().dependOnClassesThat().resideInAnyPackage("java.nio.file..", "java.util.concurrent..", "io.netty..")
                .check(CODE);
        noClasses()
                .that().haveSimpleName("CompactionPicker")
                .should().callMethod(System.class, "currentTimeMillis")
                .orShould().callMethod(System.class, "nanoTime")
                .orShould().dependOnClassesThat().resideInAnyPackage("java.nio.file..", "java.util.concurrent..")
                .check(CODE);
    }

    @Test
    void theServerReachesTheEngineThroughDataAndTheToolsForFiles() {
        DescribedPredicate<JavaClass> engineButRecords = describe(
                "are the engine's, records apart",
                type -> resideInAPackage(ROOT + ".engine..").test(type)
                        && !resideInAPackage(ROOT + ".engine.record..").test(type));
        noClasses()
                .that().resideInAPackage(ROOT + ".server..")
                .and().resideOutsideOfPackage(ROOT + ".server.data..")
                .and().haveNameNotMatching(".*\\.StorageCommands(\\$.*)?")
                .should().dependOnClassesThat(engineButRecords)
                .check(CODE);
    }

    @Test
    void namesSayWhatAThingIs() {
        noClasses()
                .should().haveNameMatching(".*(Impl|Manager|Helper|Utils?|Base)(\\$.*)?")
                .check(CODE);
        noClasses()
                .should().resideInAnyPackage("..common..", "..util..", "..utils..", "..core..", "..misc..", "..impl..")
                .check(CODE);
    }

    @Test
    void classesAreFinalOrMeantToBeExtended() {
        classes()
                .that().areTopLevelClasses()
                .and().areNotInterfaces()
                .and().areNotEnums()
                .and(describe("are no package-info", type -> !type.getSimpleName().equals("package-info")))
                .should().haveModifier(com.tngtech.archunit.core.domain.JavaModifier.FINAL)
                .orShould().haveModifier(com.tngtech.archunit.core.domain.JavaModifier.ABSTRACT)
                .check(CODE);
    }

    @Test
    void everyPackageIsNullMarked() {
        Set<String> unmarked = CODE.stream()
                .map(JavaClass::getPackage)
                .filter(here -> !isNullMarked(here))
                .map(JavaPackage::getName)
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(unmarked).as("packages without @NullMarked in a package-info.java").isEmpty();
    }

    private static boolean isNullMarked(JavaPackage here) {
        return here.tryGetPackageInfo().map(info -> info.isAnnotatedWith(NullMarked.class)).orElse(false);
    }
}
