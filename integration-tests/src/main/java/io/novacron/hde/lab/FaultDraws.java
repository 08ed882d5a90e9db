package io.novacron.hde.lab;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Random;

/**
 * What goes wrong in which round, by chance. Faults are dealt from shuffled decks of every kind in every phase, so that all
 * come equally often; the same seed deals the same.
 */
final class FaultDraws {
    private static final List<FaultPhase> PHASES =
            List.of(FaultPhase.GREETING, FaultPhase.FIRST_ROUND, FaultPhase.LATER_ROUND, FaultPhase.SWITCH_OVER);

    /** Shorter and longer than what an agent takes for a silence. */
    private static final List<Duration> LASTING =
            List.of(Duration.ofSeconds(2), Duration.ofSeconds(8), Duration.ofSeconds(15));

    private static final double NOTHING = 0.15;
    private static final double BOTH_WAYS = 0.3;
    private static final double ONE_WAY = 0.8;
    private static final double RESTART = 0.2;

    private final Random random;
    private final Deque<Fault> oneWay = new ArrayDeque<>();
    private final Deque<Fault> bothWays = new ArrayDeque<>();

    FaultDraws(long seed) {
        this.random = new Random(seed);
    }

    /**
     * One round.
     *
     * @param faults for the first VM's migration and for the second's; null where none is aimed at it
     * @param restart which host's agent is restarted afterwards; -1 for none
     */
    record Draw(List<Fault> faults, int restart) {
        Draw {
            faults = Collections.unmodifiableList(new ArrayList<>(faults));
        }
    }

    Draw next() {
        List<Fault> faults = new ArrayList<>(Collections.nCopies(2, null));
        double lot = random.nextDouble();
        if (lot >= NOTHING && lot < NOTHING + BOTH_WAYS) {
            faults.set(random.nextInt(2), deal(bothWays, true));
        } else if (lot >= NOTHING) {
            for (int vm = 0; vm < 2; vm++) {
                if (random.nextDouble() < ONE_WAY) {
                    faults.set(vm, deal(oneWay, false));
                }
            }
        }
        return new Draw(faults, random.nextDouble() < RESTART ? random.nextInt(2) : -1);
    }

    private Fault deal(Deque<Fault> deck, boolean both) {
        if (deck.isEmpty()) {
            List<Fault> cards = new ArrayList<>();
            for (FaultKind kind : FaultKind.values()) {
                for (FaultPhase phase : PHASES) {
                    if (kind.bothWays() == both) {
                        Duration lasting = kind.lasts() ? LASTING.get(random.nextInt(LASTING.size())) : Duration.ZERO;
                        cards.add(new Fault(kind, phase, lasting));
                    }
                }
            }
            Collections.shuffle(cards, random);
            deck.addAll(cards);
        }
        return deck.remove();
    }
}
