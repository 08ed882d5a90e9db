package io.novacron.hde.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.novacron.hde.channel.ChannelProgress;
import io.novacron.hde.codec.GuestStream;
import io.novacron.hde.control.DictionarySummary;
import io.novacron.hde.forecast.ForecastHistory;
import io.novacron.hde.frame.WordPages;
import io.novacron.hde.page.Page;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Migrations with dictionaries. */
class DictionaryMigrationTest {
    private static final int PAGES = 3000;
    private static final String ENABLED = "dictionary: {enabled: true}";
    private static final String DISABLED = "dictionary: {enabled: false}";

    @TempDir
    Path directory;

    private final WordPages words = new WordPages(1);
    private final GuestStream guest = new GuestStream(PAGES);
    private MigrationHosts hosts;
    private MigrationHosts.Host a;

    @BeforeEach
    void open() throws Exception {
        hosts = new MigrationHosts(directory);
        a = hosts.open("a", ENABLED);
        for (int page = 0; page < PAGES; page++) {
            write(page, page);
        }
    }

    @AfterEach
    void close() {
        a.close();
    }

    private void write(int page, long seed) {
        System.arraycopy(words.page(seed), 0, guest.memory, page * Page.SIZE, Page.SIZE);
    }

    private ChannelProgress migrate(MigrationHosts.Host to) throws Exception {
        return hosts.migrate(a, to, guest.whole());
    }

    /** Trains at a, and writes three pages that are in no baseline. */
    private void trainAndChange() throws Exception {
        assertThat(a.dictionaries.train("vm-memory").get(0).result()).startsWith("new one ");
        for (int page = 0; page < 3; page++) {
            write(page, PAGES + page);
        }
    }

    @Test
    void whatCrossedMakesADictionaryThatTheNextMigrationSendsAndTheOneAfterUses() throws Exception {
        try (MigrationHosts.Host b = hosts.open("b", ENABLED)) {
            migrate(b);
            assertThat(a.dictionaries.list()).isEmpty();
            trainAndChange();
            ChannelProgress sends = migrate(b);

            DictionarySummary own = a.dictionaries.list().get(0);
            assertThat(own.scope()).isEqualTo("general");
            assertThat(b.dictionaries.list()).singleElement().satisfies(sent -> {
                assertThat(sent.digest()).isEqualTo(own.digest());
                assertThat(sent.peer()).isEqualTo("a");
                assertThat(sent.version()).isEqualTo(own.version());
            });
            for (int page = 0; page < 3; page++) {
                write(page, 2 * PAGES + page);
            }
            ChannelProgress uses = migrate(b);
            assertThat(b.dictionaries.list()).hasSize(1);
            assertThat(uses.naks()).isZero();
            // it had not to be sent again
            assertThat(uses.wireBytes()).isLessThan(sends.wireBytes());
        }
    }

    @Test
    void whatWasForecastIsInTheStoreWhenAMigrationHasEnded() throws Exception {
        assertThat(new ForecastHistory(a.store).newest()).isEmpty();
        try (MigrationHosts.Host b = hosts.open("b", DISABLED)) {
            ChannelProgress progress = migrate(b);
            assertThat(progress.pastForecast()).isPresent();
            assertThat(new ForecastHistory(a.store).newest()).isEqualTo(progress.pastForecast());
        }
    }

    @Test
    void aPeerThatWantsNoneGetsNone() throws Exception {
        try (MigrationHosts.Host b = hosts.open("b", DISABLED)) {
            migrate(b);
            trainAndChange();
            assertThat(migrate(b).naks()).isZero();
            assertThat(b.dictionaries.list()).isEmpty();
        }
    }

    @Test
    void aVmsSamplesGoWithIt() throws Exception {
        try (MigrationHosts.Host b = hosts.open("b", ENABLED)) {
            migrate(b);
            assertThat(a.dictionaries.dropVm(UUID.fromString(MigrationHosts.VM.uuid())))
                    .isZero();
            assertThat(a.dictionaries.train(null).get(0).result()).isEqualTo("no samples yet");
        }
    }
}
