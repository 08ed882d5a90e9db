package io.novacron.hde;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Which package may know which: dependencies point one way, as {@code docs/architecture.md} draws them. */
class DependencyTest {
    private static final String ROOT = "io.novacron.hde";

    /** What each package may know of ours, beside itself; {@code qemu}, {@code libvirt} and {@code systemd} are those of the other two modules. */
    private static final Map<String, List<String>> ALLOWED = Map.ofEntries(
            Map.entry("qemu", List.of()),
            Map.entry("libvirt", List.of()),
            Map.entry("systemd", List.of()),
            Map.entry("page", List.of()),
            Map.entry("delta", List.of("page")),
            Map.entry("frame", List.of("page", "delta")),
            Map.entry("store", List.of("page", "frame")),
            Map.entry("baseline", List.of("page", "store")),
            Map.entry("wire", List.of()),
            Map.entry("tunnel", List.of("wire")),
            Map.entry("dictionary", List.of("page", "frame", "store", "wire")),
            Map.entry("codec", List.of("page", "delta", "frame", "store", "baseline", "dictionary", "wire", "qemu")),
            Map.entry("forecast", List.of("store", "codec")),
            Map.entry(
                    "channel",
                    List.of(
                            "page",
                            "frame",
                            "store",
                            "baseline",
                            "dictionary",
                            "codec",
                            "forecast",
                            "wire",
                            "tunnel",
                            "qemu")),
            Map.entry("seed", List.of("page", "baseline", "qemu")),
            Map.entry("estimate", List.of("page", "baseline", "codec", "seed")),
            Map.entry("evacuation", List.of()),
            Map.entry("metrics", List.of("delta", "codec", "forecast", "channel", "wire")),
            Map.entry("library", List.of("delta")),
            Map.entry("config", List.of()),
            Map.entry("control", List.of()),
            Map.entry(
                    "agent",
                    List.of(
                            "page",
                            "delta",
                            "frame",
                            "store",
                            "baseline",
                            "dictionary",
                            "codec",
                            "forecast",
                            "channel",
                            "seed",
                            "estimate",
                            "wire",
                            "tunnel",
                            "config",
                            "control",
                            "metrics",
                            "qemu",
                            "libvirt",
                            "systemd")),
            Map.entry(
                    "bench",
                    List.of("page", "delta", "frame", "store", "baseline", "codec", "library", "wire", "qemu")),
            Map.entry("setup", List.of("config")),
            Map.entry("report", List.of("control")),
            Map.entry("doctor", List.of("config", "control", "store", "tunnel", "wire")),
            Map.entry(
                    "cli",
                    List.of(
                            "config",
                            "control",
                            "agent",
                            "bench",
                            "doctor",
                            "report",
                            "setup",
                            "evacuation",
                            "libvirt")));

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages(ROOT);

    static List<String> packages() {
        return List.copyOf(new TreeSet<>(ALLOWED.keySet()));
    }

    private static String name(JavaClass type) {
        String name = type.getPackageName();
        return name.equals(ROOT) ? "" : name.substring(ROOT.length() + 1).split("\\.", -1)[0];
    }

    @Test
    void everyPackageHasItsPlaceHere() {
        TreeSet<String> found = new TreeSet<>();
        for (JavaClass type : CLASSES) {
            found.add(name(type));
        }
        assertThat(found).containsExactlyElementsOf(packages());
    }

    @ParameterizedTest
    @MethodSource("packages")
    void aPackageKnowsOnlyWhatItMay(String name) {
        List<String> allowed = ALLOWED.get(name);
        String[] ours = packages().stream()
                .filter(other -> !other.equals(name) && !allowed.contains(other))
                .map(other -> ROOT + "." + other + "..")
                .toArray(String[]::new);
        DescribedPredicate<JavaClass> forbidden = resideInAnyPackage(ours).as("of " + Arrays.toString(ours));
        classes()
                .that()
                .resideInAPackage(ROOT + "." + name + "..")
                .should()
                .onlyDependOnClassesThat(DescribedPredicate.not(forbidden))
                .check(CLASSES);
    }

    @Test
    void thereAreNoCycles() {
        slices().matching(ROOT + ".(*)..").should().beFreeOfCycles().check(CLASSES);
    }

    @Test
    void onlyTheCommandLineKnowsTheBench() {
        classes()
                .that()
                .resideInAPackage(ROOT + ".bench..")
                .should()
                .onlyHaveDependentClassesThat()
                .resideInAnyPackage(ROOT + ".bench..", ROOT + ".cli..")
                .check(CLASSES);
    }

    @Test
    void theCommandLineStartsTheAgentAndKnowsNothingElseOfIt() {
        classes()
                .that()
                .resideInAPackage(ROOT + ".agent..")
                .and()
                .doNotHaveSimpleName("AgentMain")
                .should()
                .onlyHaveDependentClassesThat()
                .resideInAPackage(ROOT + ".agent..")
                .check(CLASSES);
    }
}
