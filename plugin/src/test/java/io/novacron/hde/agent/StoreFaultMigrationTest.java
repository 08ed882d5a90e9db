package io.novacron.hde.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.novacron.hde.LogCapture;
import io.novacron.hde.channel.ChannelProgress;
import io.novacron.hde.codec.GuestStream;
import io.novacron.hde.codec.Tier;
import io.novacron.hde.config.HdeConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever becomes of the stores: migrations complete, and the same bytes arrive. Some tests mount; they need root. */
class StoreFaultMigrationTest {
    private static final int PAGES = 3000;
    private static final int CHANGED = 100;
    private static final String OPTIONS = "dictionary: {enabled: false}";

    @TempDir
    Path directory;

    private final GuestStream guest = new GuestStream(PAGES);
    private final Random random = new Random(1);
    private MigrationHosts hosts;

    @BeforeEach
    void open() throws Exception {
        hosts = new MigrationHosts(directory);
        for (int page = 0; page < PAGES; page++) {
            guest.write(random, page);
        }
    }

    /** Migrates from a to b; both hosts are opened for this and closed again. Returns the pages that were kept. */
    private long migrate() throws Exception {
        for (int i = 0; i < CHANGED; i++) {
            guest.write(random, random.nextInt(PAGES));
        }
        try (MigrationHosts.Host a = hosts.open("a", OPTIONS);
                MigrationHosts.Host b = hosts.open("b", OPTIONS)) {
            ChannelProgress progress = hosts.migrate(a, b, guest.whole());
            return progress.pagesByTier().getOrDefault(Tier.KEPT, 0L);
        }
    }

    private Path store(String host) {
        return hosts.storeDirectory(host).resolve("pages.mv");
    }

    private Path copy(String host) throws IOException {
        return Files.copy(store(host), directory.resolve(host + ".copy"), StandardCopyOption.REPLACE_EXISTING);
    }

    private void putBack(Path copy, String host) throws IOException {
        Files.copy(copy, store(host), StandardCopyOption.REPLACE_EXISTING);
    }

    private static void assertAllButChanged(long kept, int times) {
        assertThat(kept).isBetween(PAGES - (long) times * CHANGED, (long) PAGES);
    }

    @Test
    void anOldCopyAtTheDestinationSharesAnOlderGeneration() throws Exception {
        assertThat(migrate()).isZero();
        Path old = copy("b");
        assertAllButChanged(migrate(), 1);
        assertAllButChanged(migrate(), 1);
        putBack(old, "b");
        // What changed in three migrations, not in one.
        long kept = migrate();
        assertAllButChanged(kept, 3);
        assertThat(kept).isLessThan(PAGES - 2 * CHANGED);
        assertAllButChanged(migrate(), 1);
    }

    @Test
    void anOldCopyAtTheSourceSharesAnOlderGeneration() throws Exception {
        assertThat(migrate()).isZero();
        Path old = copy("a");
        migrate();
        migrate();
        putBack(old, "a");
        long kept = migrate();
        assertAllButChanged(kept, 3);
        assertThat(kept).isLessThan(PAGES - 2 * CHANGED);
        assertAllButChanged(migrate(), 1);
    }

    @Test
    void aCopyTooOldForAnyCommonGenerationSharesNone() throws Exception {
        migrate();
        Path old = copy("b");
        for (int generation = 0; generation < 3; generation++) {
            migrate();
        }
        putBack(old, "b");
        assertThat(migrate()).isZero();
        assertAllButChanged(migrate(), 1);
    }

    @Test
    void copiesOfBothSidesFromDifferentMomentsShareWhatBothHave() throws Exception {
        migrate();
        Path oldest = copy("a");
        migrate();
        Path older = copy("b");
        migrate();
        putBack(oldest, "a");
        putBack(older, "b");
        assertAllButChanged(migrate(), 3);
    }

    @Test
    void aMissingFileCostsSavingsOnly() throws Exception {
        for (String host : new String[] {"a", "b"}) {
            migrate();
            assertAllButChanged(migrate(), 1);
            Files.delete(store(host));
            assertThat(migrate()).isZero();
        }
    }

    @Test
    void damageCostsSavingsOnly() throws Exception {
        migrate();
        for (int round = 0; round < 10; round++) {
            Path damaged = store(round % 2 == 0 ? "a" : "b");
            byte[] bytes = Files.readAllBytes(damaged);
            for (int i = 0; i < 1 << round; i++) {
                bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
            }
            Files.write(damaged, bytes);
            migrate();
        }
        // what is damaged is found when it is read
        long kept = 0;
        for (int i = 0; i < 50 && kept < PAGES - CHANGED; i++) {
            kept = migrate();
        }
        assertAllButChanged(kept, 1);
    }

    @Test
    void readOnlyDisksCostSavingsOnly() throws Exception {
        migrate();
        assertAllButChanged(migrate(), 1);
        for (String[] readOnly : new String[][] {{"a"}, {"b"}, {"a", "b"}}) {
            for (String host : readOnly) {
                mountReadOnly(host);
            }
            try (LogCapture log = new LogCapture()) {
                assertThat(migrate()).isZero();
                assertThat(log.text())
                        .contains(
                                "The page store " + hosts.storeDirectory(readOnly[0])
                                        + " cannot be used; until it can, nothing is stored, and migrations go on but save less: ")
                        .contains("Read-only file system");
            } finally {
                for (String host : readOnly) {
                    run("umount", hosts.storeDirectory(host).toString());
                }
            }
        }
        // What was there before still is.
        assertThat(migrate()).isGreaterThan(PAGES - 6 * CHANGED);
    }

    private void mountReadOnly(String host) throws Exception {
        String path = hosts.storeDirectory(host).toString();
        run("mount", "--bind", path, path);
        run("mount", "-o", "remount,bind,ro", path);
    }

    private static void run(String... command) throws Exception {
        assertThat(new ProcessBuilder(command).inheritIO().start().waitFor())
                .as("%s, for which this test must be run as root", String.join(" ", command))
                .isZero();
    }

    @Test
    void anAgentWithoutItsKeyDoesNotStart() throws Exception {
        Path file = directory.resolve("hde.yaml");
        Path key = directory.resolve("store.key");
        Files.writeString(
                file,
                "host: {name: a}\nsockets: {directory: " + directory + "}\nstore: {directory: " + directory
                        + "/store, encryption: aes-gcm, key-file: " + key + "}\n");
        assertThatThrownBy(() -> new Agent(HdeConfig.load(file)).close())
                .isInstanceOf(IOException.class)
                .hasMessage("store.key-file: The key file " + key + " does not exist; make one, as root: (umask 077;"
                        + " head -c 32 /dev/urandom > " + key + ")");
        assertThat(directory.resolve("store")).doesNotExist();
    }
}
