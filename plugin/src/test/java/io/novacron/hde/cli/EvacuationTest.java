package io.novacron.hde.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.novacron.hde.cli.Evacuation.Progress;
import io.novacron.hde.cli.Evacuation.State;
import io.novacron.hde.evacuation.EvacuationPlan;
import io.novacron.hde.evacuation.EvacuationPlan.Cost;
import io.novacron.hde.evacuation.EvacuationPlan.Step;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class EvacuationTest {
    private static final long LIMIT_MILLIS = 30_000;

    private static Step step(String vm, String peer) {
        return new Step(vm, peer, new Cost(1.5, 1 << 20));
    }

    /** Two to b, of which the first fails; two to c. */
    private static final EvacuationPlan PLAN = new EvacuationPlan(
            List.of(step("bad", "b"), step("b2", "b"), step("c1", "c"), step("c2", "c")),
            Map.of("off", "it does not run"));

    private final ConcurrentLinkedQueue<String> moved = new ConcurrentLinkedQueue<>();
    private final CountDownLatch begun = new CountDownLatch(1);
    private final CountDownLatch failed = new CountDownLatch(1);

    /** What goes to c has begun when the other fails, and waits for that. */
    private long move(String vm, String peer) throws Exception {
        if (vm.equals("bad")) {
            assertThat(begun.await(LIMIT_MILLIS, TimeUnit.MILLISECONDS)).isTrue();
            throw new IllegalStateException("libvirt says no");
        }
        if (peer.equals("c")) {
            begun.countDown();
            assertThat(failed.await(LIMIT_MILLIS, TimeUnit.MILLISECONDS)).isTrue();
        }
        moved.add(vm);
        return 1 << 20;
    }

    private Evacuation run(boolean keepGoing) throws Exception {
        Evacuation evacuation = new Evacuation(PLAN, this::move, keepGoing);
        assertThat(EvacuationText.line(evacuation.progress(), 0)).isEqualTo("0 of 4 away");
        evacuation.start();
        while (evacuation.progress().get(0).state() != State.FAILED) {
            TimeUnit.MILLISECONDS.sleep(1);
        }
        failed.countDown();
        assertThat(evacuation.awaitEnd(LIMIT_MILLIS)).isTrue();
        return evacuation;
    }

    @Test
    void afterAFailureNothingMoreBeginsAndWhatRunsGoesOn() throws Exception {
        List<Progress> progress = run(false).progress();
        assertThat(moved).containsExactly("c1");
        assertThat(progress)
                .extracting(Progress::state)
                .containsExactly(State.FAILED, State.PLANNED, State.AWAY, State.PLANNED);
        assertThat(EvacuationText.ended(progress.get(0))).isEqualTo("bad did not go to b: libvirt says no");
        assertThat(EvacuationText.ended(progress.get(2))).matches("c1 runs on c after [0-9.]+ s, 1\\.0 MiB sent");
        assertThat(EvacuationText.result(
                        progress, PLAN.staying(), Map.of("bad", "a", "b2", "a", "c1", "c", "c2", "a", "off", "a")))
                .isEqualTo("""
                        VM   RUNS ON  PLANNED  RESULT
                        bad  a        b        libvirt says no
                        b2   a        b        not begun
                        c1   c        c        migrated
                        c2   a        c        not begun
                        off  a        -        stays: it does not run
                        """);
    }

    @Test
    void orTheOthersGo() throws Exception {
        List<Progress> progress = run(true).progress();
        assertThat(moved).containsExactlyInAnyOrder("b2", "c1", "c2");
        assertThat(progress)
                .extracting(Progress::state)
                .containsExactly(State.FAILED, State.AWAY, State.AWAY, State.AWAY);
    }

    @Test
    void whatIsStoppedBeforeItBeginsDoesNotBegin() throws Exception {
        Evacuation evacuation = new Evacuation(PLAN, this::move, true);
        evacuation.stop();
        evacuation.start();
        assertThat(evacuation.awaitEnd(LIMIT_MILLIS)).isTrue();
        assertThat(evacuation.progress()).extracting(Progress::state).containsOnly(State.PLANNED);
    }

    @Test
    void thePlanIsATable() {
        assertThat(EvacuationText.plan(PLAN)).isEqualTo("""
                VM   TO   TIME    BYTES  NOTE
                bad  b   1.5 s  1.0 MiB
                b2   b   1.5 s  1.0 MiB
                c1   c   1.5 s  1.0 MiB
                c2   c   1.5 s  1.0 MiB
                off  -       -        -  stays: it does not run
                4 VMs in about 3.0 s
                """);
    }
}
