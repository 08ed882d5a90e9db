package io.novacron.hde.evacuation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.novacron.hde.evacuation.EvacuationPlan.Cost;
import io.novacron.hde.evacuation.EvacuationPlan.Peer;
import io.novacron.hde.evacuation.EvacuationPlan.Step;
import io.novacron.hde.evacuation.EvacuationPlan.Vm;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class EvacuationPlanTest {
    private static Vm vm(String name, long memory, double seconds, Map<String, Double> shares) {
        Cost cost = new Cost(seconds, seconds * 1e6);
        return new Vm(name, memory, Map.of("b", cost, "c", cost), shares);
    }

    private static final List<Peer> ROOMY = List.of(new Peer("b", 1000), new Peer("c", 1000));

    /** Anything: some VMs that some peers cannot have, families of siblings, and little memory. */
    private static List<Vm> vms(Random random, int count, List<Peer> peers) {
        List<Vm> vms = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Map<String, Cost> costs = new HashMap<>();
            for (Peer peer : peers) {
                if (random.nextInt(10) > 0) {
                    costs.put(peer.name(), new Cost(0.1 + random.nextInt(100), random.nextInt(1000)));
                }
            }
            Map<String, Double> shares = new HashMap<>();
            for (int j = 0; j < count; j++) {
                if (j != i && j % 3 == i % 3) {
                    shares.put("vm" + j, random.nextDouble());
                }
            }
            vms.add(new Vm("vm" + i, 1 + random.nextInt(100), costs, shares));
        }
        return vms;
    }

    @Property
    void everyVmIsPlannedOnceOrStaysAndNoPeerGetsMoreThanItHasRoomFor(
            @ForAll long seed,
            @ForAll @IntRange(min = 0, max = 12) int count,
            @ForAll @IntRange(min = 1, max = 4) int hosts) {
        Random random = new Random(seed);
        List<Peer> peers = LongStream.range(0, hosts)
                .mapToObj(i -> new Peer("p" + i, random.nextInt(400)))
                .toList();
        List<Vm> vms = vms(random, count, peers);
        EvacuationPlan plan = EvacuationPlan.of(vms, peers);

        assertThat(Stream.concat(plan.steps().stream().map(Step::vm), plan.staying().keySet().stream()))
                .containsExactlyInAnyOrderElementsOf(vms.stream().map(Vm::name).toList());
        Map<String, Vm> byName = new HashMap<>();
        vms.forEach(vm -> byName.put(vm.name(), vm));
        Map<String, Long> left = new HashMap<>();
        peers.forEach(peer -> left.put(peer.name(), peer.freeBytes()));
        for (Step step : plan.steps()) {
            Vm vm = byName.get(step.vm());
            left.merge(step.peer(), -vm.memoryBytes(), Long::sum);
            Cost alone = vm.costs().get(step.peer());
            assertThat(alone).as("a peer that can have it").isNotNull();
            assertThat(step.cost().seconds())
                    .isBetween(alone.seconds() * EvacuationPlan.LEAST_PART * 0.999, alone.seconds());
        }
        assertThat(left.values()).allMatch(bytes -> bytes >= 0);
        for (String stays : plan.staying().keySet()) {
            Vm vm = byName.get(stays);
            assertThat(vm.costs().keySet()).allMatch(peer -> left.get(peer) < vm.memoryBytes());
        }
    }

    @Property
    void equalVmsAreSpreadEvenly(
            @ForAll @IntRange(min = 1, max = 20) int count, @ForAll @IntRange(min = 1, max = 5) int hosts) {
        List<Peer> peers = LongStream.range(0, hosts)
                .mapToObj(i -> new Peer("p" + i, Long.MAX_VALUE))
                .toList();
        Map<String, Cost> costs = new HashMap<>();
        peers.forEach(peer -> costs.put(peer.name(), new Cost(2, 1)));
        List<Vm> vms = LongStream.range(0, count)
                .mapToObj(i -> new Vm("vm" + i, 1, costs, Map.of()))
                .toList();
        EvacuationPlan plan = EvacuationPlan.of(vms, peers);
        int most = (count + hosts - 1) / hosts;
        assertThat(plan.seconds()).isEqualTo(2.0 * most);
    }

    @Test
    void siblingsGoTogetherAndTheOneFirstThatHelpsTheOthersMost() {
        EvacuationPlan plan = EvacuationPlan.of(
                List.of(
                        vm("web1", 10, 10, Map.of("web2", 0.9)),
                        vm("db", 10, 12, Map.of()),
                        vm("web2", 10, 30, Map.of("web1", 0.5))),
                ROOMY);
        // web2 first costs 30 and then 1, web1 first 10 and then 15
        assertThat(plan.of("b")).extracting(Step::vm).containsExactly("web1", "web2");
        assertThat(plan.of("b").get(1).cost().seconds()).isEqualTo(15);
        assertThat(plan.of("c")).extracting(Step::vm).containsExactly("db");
        assertThat(plan.seconds()).isEqualTo(25);
        assertThat(plan.staying()).isEmpty();
    }

    @Test
    void siblingsThatDoNotFitInOnePlaceAreDividedAndWhatFitsNowhereStays() {
        EvacuationPlan plan = EvacuationPlan.of(
                List.of(
                        vm("x1", 600, 10, Map.of("x2", 0.9, "x3", 0.9)),
                        vm("x2", 600, 10, Map.of("x1", 0.9, "x3", 0.9)),
                        vm("x3", 300, 10, Map.of("x1", 0.9, "x2", 0.9)),
                        vm("big", 2000, 1, Map.of())),
                ROOMY);
        assertThat(plan.steps()).extracting(Step::vm).containsExactlyInAnyOrder("x1", "x2", "x3");
        assertThat(plan.staying()).containsExactly(Map.entry("big", "no peer has enough free memory left for it"));
    }

    @Test
    void whatIsDoneSoonestGoesFirst() {
        EvacuationPlan plan = EvacuationPlan.of(
                List.of(vm("slow", 1, 9, Map.of()), vm("quick", 1, 1, Map.of()), vm("middle", 1, 4, Map.of())),
                List.of(new Peer("b", Long.MAX_VALUE)));
        assertThat(plan.steps()).extracting(Step::vm).containsExactly("quick", "middle", "slow");
        assertThat(plan.seconds()).isEqualTo(14);
    }

    @Property
    void sketchesTellWhatTwoVmsHaveInCommon(@ForAll long seed, @ForAll @IntRange(min = 0, max = 100) int percent) {
        Random random = new Random(seed);
        int pages = 4000;
        List<Long> common = random.longs(pages * percent / 100).boxed().toList();
        List<Long> one = Stream.concat(
                        common.stream(), random.longs(pages - common.size()).boxed())
                .toList();
        List<Long> other = Stream.concat(
                        common.stream(), random.longs(2 * pages - common.size()).boxed())
                .toList();
        double share = sketch(one).shareOf(sketch(other));
        assertThat(share).isCloseTo(percent / 100.0, within(0.25));
        assertThat(sketch(one).shareOf(sketch(one))).isCloseTo(1, within(1e-9));
        assertThat(sketch(one).shareOf(new Sketch(List.of(), 0))).isZero();
    }

    private static Sketch sketch(List<Long> pages) {
        return new Sketch(
                pages.stream().sorted(Long::compareUnsigned).limit(256).toList(), pages.size());
    }
}
