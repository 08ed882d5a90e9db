package io.novacron.hde.libvirt;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class DomainTableTest {
    private static final DomainInfo A = new DomainInfo("a", "uuid-a");
    private static final DomainInfo B = new DomainInfo("b", "uuid-b");

    private final Recorder recorder = new Recorder();
    private final DomainTable table = new DomainTable(recorder);

    private void list(List<DomainInfo> all, List<DomainInfo> active) {
        table.relist(all, active, uuid -> false);
    }

    private void change(DomainInfo domain, DomainChange change, boolean exists) {
        table.change(domain, change, uuid -> exists);
    }

    @Test
    void theFirstListReportsWhatIsActiveAndNothingElse() {
        list(List.of(A, B), List.of(B));
        assertThat(recorder.take()).containsExactly("active b");
        assertThat(table.active()).containsExactly(B);
    }

    @Test
    void aSecondListReportsDifferencesOnly() {
        list(List.of(A, B), List.of(A));
        recorder.take();
        list(List.of(A, B), List.of(B));
        assertThat(recorder.take()).containsExactly("inactive a", "active b");
        list(List.of(B), List.of(B));
        assertThat(recorder.take()).containsExactly("undefined a");
    }

    @Test
    void eventsAreReportedOnce() {
        change(A, DomainChange.ACTIVE, true);
        change(A, DomainChange.ACTIVE, true);
        assertThat(recorder.take()).containsExactly("active a");
        change(A, DomainChange.ENDED, true);
        change(A, DomainChange.ENDED, true);
        assertThat(recorder.take()).containsExactly("inactive a");
    }

    @Test
    void aTransientDomainThatEndsIsGone() {
        change(A, DomainChange.ACTIVE, true);
        change(A, DomainChange.ENDED, false);
        assertThat(recorder.take()).containsExactly("active a", "inactive a", "undefined a");
    }

    @Test
    void aFailedArrivalIsNotTheEndOfTheDomain() {
        change(A, DomainChange.ACTIVE, true);
        change(A, DomainChange.WITHDRAWN, false);
        list(List.of(), List.of());
        assertThat(recorder.take()).containsExactly("active a", "inactive a");
    }

    @Test
    void theDefinitionOfADomainThatMigratedAwayMayGoUnreported() {
        change(A, DomainChange.ACTIVE, true);
        change(A, DomainChange.MIGRATED_AWAY, true);
        change(A, DomainChange.UNDEFINED, false);
        assertThat(recorder.take()).containsExactly("active a", "migrated a");
        list(List.of(), List.of());
        assertThat(recorder.take()).isEmpty();
    }

    @Test
    void aDomainThatCameBackCanBeUndefinedAgain() {
        change(A, DomainChange.ACTIVE, true);
        change(A, DomainChange.MIGRATED_AWAY, true);
        change(A, DomainChange.ACTIVE, true);
        change(A, DomainChange.ENDED, true);
        change(A, DomainChange.UNDEFINED, false);
        assertThat(recorder.take()).containsExactly("active a", "migrated a", "active a", "inactive a", "undefined a");
    }

    @Test
    void aDomainThatWasUndefinedBeforeItsEndWasHandledIsGoneOnce() {
        change(A, DomainChange.DEFINED, true);
        change(A, DomainChange.ACTIVE, true);
        change(A, DomainChange.ENDED, false);
        change(A, DomainChange.UNDEFINED, false);
        assertThat(recorder.take()).containsExactly("active a", "inactive a", "undefined a");
        change(A, DomainChange.DEFINED, true);
        change(A, DomainChange.UNDEFINED, false);
        assertThat(recorder.take()).containsExactly("undefined a");
    }

    @Test
    void aRunningDomainWithoutDefinitionIsNotGoneUntilItEnds() {
        change(A, DomainChange.ACTIVE, true);
        change(A, DomainChange.UNDEFINED, true);
        assertThat(recorder.take()).containsExactly("active a");
        change(A, DomainChange.ENDED, false);
        assertThat(recorder.take()).containsExactly("inactive a", "undefined a");
    }

    @Test
    void aDomainThatMigratedAwayWhileTheListWasMadeIsSaidToHaveMigrated() {
        list(List.of(A), List.of(A));
        table.relist(List.of(), List.of(), A.uuid()::equals);
        change(A, DomainChange.MIGRATED_AWAY, false);
        assertThat(recorder.take()).containsExactly("active a", "migrated a");
    }

    @Test
    void aNewNameForTheSameUuidIsAnotherDomain() {
        list(List.of(A), List.of(A));
        DomainInfo renamed = new DomainInfo("z", A.uuid());
        list(List.of(renamed), List.of(renamed));
        assertThat(recorder.take()).containsExactly("active a", "inactive a", "active z");
        change(A, DomainChange.ACTIVE, true);
        assertThat(recorder.take()).containsExactly("inactive z", "active a");
    }

    @Test
    void aListenerThatThrowsDoesNotStopTheOthers() {
        List<String> seen = new ArrayList<>();
        DomainTable failing = new DomainTable(new DomainListener() {
            @Override
            public void active(DomainInfo domain) {
                seen.add(domain.name());
                throw new IllegalStateException("on purpose");
            }

            @Override
            public void inactive(DomainInfo domain, boolean migratedAway) {}

            @Override
            public void undefined(DomainInfo domain) {}

            @Override
            public void connected() {}

            @Override
            public void disconnected(String reason) {}
        });
        failing.relist(List.of(A, B), List.of(A, B), uuid -> false);
        assertThat(seen).containsExactly("a", "b");
    }

    /** Whatever comes in whatever order, active and inactive alternate for each domain and agree with active(). */
    @Property
    void reportsAlternateAndAgreeWithTheList(@ForAll @Size(max = 60) List<@IntRange(max = 95) Integer> steps) {
        Recorder calls = new Recorder();
        DomainTable any = new DomainTable(calls);
        List<DomainChange> changes = List.of(DomainChange.values());
        List<DomainInfo> domains = List.of(A, B, new DomainInfo("a2", A.uuid()));
        for (int step : steps) {
            DomainInfo domain = domains.get(step % 3);
            int action = step / 3 % 8;
            boolean exists = step % 2 == 0;
            if (action < 6) {
                any.change(domain, changes.get(action), uuid -> exists);
            } else {
                List<DomainInfo> listed = action == 6 ? List.of(domain) : List.of();
                any.relist(listed, exists ? listed : List.of(), uuid -> exists);
            }
        }
        Set<String> running = new HashSet<>();
        for (String call : calls.calls()) {
            String name = call.substring(call.indexOf(' ') + 1);
            if (call.startsWith("active")) {
                assertThat(running.add(name)).as(call).isTrue();
            } else if (!call.startsWith("undefined")) {
                assertThat(running.remove(name)).as(call).isTrue();
            }
        }
        assertThat(any.active()).extracting(DomainInfo::name).containsExactlyInAnyOrderElementsOf(running);
    }
}
