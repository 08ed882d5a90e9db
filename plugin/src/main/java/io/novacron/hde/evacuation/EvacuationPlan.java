package io.novacron.hde.evacuation;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Which VM goes where, and when: one after the other to each peer, all peers at the same time. VMs that have three tenths
 * of their pages in common, each of its own, are siblings and go to one peer, as long as its memory suffices; the first to go is the
 * one after which the others cost least. Otherwise the groups of siblings, the dearest first, go where they are done
 * soonest. To each peer those groups go first that are done soonest, so that most VMs are soon away.
 *
 * @param steps in the order of beginning at each peer
 * @param staying VMs that fit nowhere, with the reason
 */
public record EvacuationPlan(List<Step> steps, Map<String, String> staying) {
    /** Part of its pages that each of two siblings has in common with the other: those of one image have about 0.4. */
    static final double SIBLINGS = 0.3;

    /** A migration costs some time even if there is nothing to send. */
    static final double LEAST_PART = 0.05;

    public EvacuationPlan {
        steps = List.copyOf(steps);
        staying = Map.copyOf(staying);
    }

    /**
     * A VM.
     *
     * @param memoryBytes that its new host must have
     * @param costs of its migration to a peer that got none of the others; a peer that is not there cannot have it
     * @param shares which part of its pages each other VM holds too
     */
    public record Vm(String name, long memoryBytes, Map<String, Cost> costs, Map<String, Double> shares) {
        public Vm {
            costs = Map.copyOf(costs);
            shares = Map.copyOf(shares);
        }

        double share(Vm other) {
            return shares.getOrDefault(other.name, 0.0);
        }
    }

    /** What a migration is expected to cost. */
    public record Cost(double seconds, double bytes) {
        Cost times(double part) {
            return new Cost(seconds * part, bytes * part);
        }
    }

    /** @param freeBytes of memory; {@link Long#MAX_VALUE} where that is not known */
    public record Peer(String name, long freeBytes) {}

    /**
     * One migration.
     *
     * @param cost with what siblings before it have brought there
     */
    public record Step(String vm, String peer, Cost cost) {}

    /** How long all takes. */
    public double seconds() {
        return steps.stream()
                .map(Step::peer)
                .distinct()
                .mapToDouble(this::seconds)
                .max()
                .orElse(0);
    }

    private double seconds(String peer) {
        return of(peer).stream().mapToDouble(step -> step.cost.seconds).sum();
    }

    /** The steps to one peer, in their order. */
    public List<Step> of(String peer) {
        return steps.stream().filter(step -> step.peer.equals(peer)).toList();
    }

    /**
     * Plans.
     *
     * @param vms each of another name
     * @param peers likewise
     */
    public static EvacuationPlan of(List<Vm> vms, List<Peer> peers) {
        return new Planner(peers).plan(vms);
    }

    /** Siblings in the order in which they go to one peer, and what that costs. */
    private record Route(List<Step> steps, double seconds) {}

    private static final class Planner {
        private final List<Peer> peers;
        private final Map<String, Long> free = new LinkedHashMap<>();
        private final Map<String, List<List<Vm>>> groups = new LinkedHashMap<>();
        private final Map<String, String> staying = new LinkedHashMap<>();

        Planner(List<Peer> peers) {
            this.peers = peers;
            for (Peer peer : peers) {
                free.put(peer.name, peer.freeBytes);
                groups.put(peer.name, new ArrayList<>());
            }
        }

        EvacuationPlan plan(List<Vm> vms) {
            List<List<Vm>> dearestFirst = new ArrayList<>(siblings(vms));
            dearestFirst.sort(Comparator.comparingDouble(Planner::leastSeconds).reversed());
            for (List<Vm> group : dearestFirst) {
                if (!place(group)) {
                    group.stream()
                            .sorted(Comparator.comparingLong(Vm::memoryBytes).reversed())
                            .forEach(this::placeAlone);
                }
            }
            List<Step> steps = new ArrayList<>();
            for (Peer peer : peers) {
                groups.get(peer.name).stream()
                        .map(group -> route(group, peer.name))
                        .sorted(Comparator.comparingDouble(Route::seconds))
                        .forEach(route -> steps.addAll(route.steps));
            }
            return new EvacuationPlan(steps, staying);
        }

        private static double leastSeconds(List<Vm> group) {
            return group.stream()
                    .mapToDouble(vm -> vm.costs.values().stream()
                            .mapToDouble(Cost::seconds)
                            .min()
                            .orElse(0))
                    .sum();
        }

        private static List<List<Vm>> siblings(List<Vm> vms) {
            List<List<Vm>> groups = new ArrayList<>();
            for (Vm vm : vms) {
                List<Vm> joined = new ArrayList<>(List.of(vm));
                groups.removeIf(group -> {
                    boolean joins = group.stream().anyMatch(other -> areSiblings(vm, other));
                    if (joins) {
                        joined.addAll(group);
                    }
                    return joins;
                });
                groups.add(joined);
            }
            return groups;
        }

        private static boolean areSiblings(Vm one, Vm other) {
            return Math.min(one.share(other), other.share(one)) >= SIBLINGS;
        }

        private boolean place(List<Vm> group) {
            Optional<Peer> best = peers.stream()
                    .filter(peer -> fits(group, peer.name))
                    .min(Comparator.comparingDouble(peer -> load(peer.name) + route(group, peer.name).seconds));
            best.ifPresent(peer -> put(group, peer.name));
            return best.isPresent();
        }

        private boolean fits(List<Vm> group, String peer) {
            long left = free.get(peer);
            for (Vm vm : group) {
                if (!vm.costs.containsKey(peer) || vm.memoryBytes > left) {
                    return false;
                }
                left -= vm.memoryBytes;
            }
            return true;
        }

        private double load(String peer) {
            return groups.get(peer).stream()
                    .mapToDouble(group -> route(group, peer).seconds)
                    .sum();
        }

        private void put(List<Vm> group, String peer) {
            groups.get(peer).add(group);
            free.compute(
                    peer,
                    (name, left) ->
                            left - group.stream().mapToLong(Vm::memoryBytes).sum());
        }

        /** One of a group that had to be divided: to a peer that got siblings of it, if one did and there is room. */
        private void placeAlone(Vm vm) {
            Optional<Peer> best = peers.stream()
                    .filter(peer -> fits(List.of(vm), peer.name))
                    .min(Comparator.comparing(
                                    (Peer peer) -> siblingsAt(vm, peer.name).isEmpty())
                            .thenComparingDouble(peer -> load(peer.name) + vm.costs.get(peer.name).seconds));
            if (best.isEmpty()) {
                staying.put(
                        vm.name,
                        vm.costs.isEmpty() ? "no peer can have it" : "no peer has enough free memory left for it");
                return;
            }
            String peer = best.get().name;
            Optional<List<Vm>> group = siblingsAt(vm, peer);
            if (group.isPresent()) {
                group.get().add(vm);
                free.compute(peer, (name, left) -> left - vm.memoryBytes);
            } else {
                put(new ArrayList<>(List.of(vm)), peer);
            }
        }

        private Optional<List<Vm>> siblingsAt(Vm vm, String peer) {
            return groups.get(peer).stream()
                    .filter(group -> group.stream().anyMatch(other -> areSiblings(vm, other)))
                    .findFirst();
        }

        /** The cheapest order that is found by going on, from each first, with the one that costs least then. */
        private static Route route(List<Vm> group, String peer) {
            Route best = null;
            for (Vm first : group) {
                Route route = routeFrom(first, group, peer);
                best = best == null || route.seconds < best.seconds ? route : best;
            }
            return best;
        }

        private static Route routeFrom(Vm first, List<Vm> group, String peer) {
            List<Vm> gone = new ArrayList<>();
            List<Vm> left = new ArrayList<>(group);
            List<Step> steps = new ArrayList<>();
            double seconds = 0;
            for (Vm next = first; next != null; next = cheapest(left, gone, peer)) {
                Cost cost = cost(next, gone, peer);
                steps.add(new Step(next.name, peer, cost));
                seconds += cost.seconds;
                gone.add(next);
                left.remove(next);
            }
            return new Route(steps, seconds);
        }

        private static Vm cheapest(List<Vm> left, List<Vm> gone, String peer) {
            return left.stream()
                    .min(Comparator.comparingDouble(vm -> cost(vm, gone, peer).seconds))
                    .orElse(null);
        }

        /** What a sibling before it has brought need not be brought again. */
        private static Cost cost(Vm vm, List<Vm> gone, String peer) {
            double share = gone.stream().mapToDouble(vm::share).max().orElse(0);
            return vm.costs.get(peer).times(Math.max(LEAST_PART, 1 - share));
        }
    }
}
