package io.novacron.hde.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.novacron.hde.seed.MadeUpPages;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PeerQuestionTest {
    private static final int PAGES = 300;

    @TempDir
    Path directory;

    private final MadeUpPages guest = new MadeUpPages().with("pc.ram", PAGES);

    PeerQuestionTest() {
        for (int page = 0; page < PAGES; page++) {
            guest.write(0, page, page + 1L);
        }
    }

    @Test
    void whatBothHoldIsAgreedOnAndTheLinkIsMeasured() throws Exception {
        MigrationHosts hosts = new MigrationHosts(directory);
        try (MigrationHosts.Host a = hosts.open("a", "");
                MigrationHosts.Host b = hosts.open("b", "")) {
            assertThat(hosts.ask(a, b).agreed()).isEmpty();
            hosts.seed(a, b, guest, 0, () -> false);
            PeerQuestion.Answer answer = hosts.ask(a, b);
            String root = a.catalog.list().get(0).root().toString();
            assertThat(answer.agreed()).containsOnlyKeys(root);
            assertThat(answer.agreed().get(root).presentPages()).isEqualTo(PAGES);
            assertThat(answer.linkRate()).isGreaterThan(1e6);
            b.catalog.drop(b.catalog.list().get(0).root());
            assertThat(hosts.ask(a, b).agreed()).isEmpty();
            assertThat(b.channels.recent()).as("seeds, and no questions").hasSize(1);
        }
    }

    @Test
    void aPeerThatTakesNothingFromHereSaysSo() throws Exception {
        MigrationHosts hosts = new MigrationHosts(directory);
        try (MigrationHosts.Host a = hosts.open("a", "");
                MigrationHosts.Host b = hosts.open("b", "", "may-send: false")) {
            assertThatThrownBy(() -> hosts.ask(a, b)).hasMessageContaining("may-send is false");
        }
    }
}
