package io.novacron.hde.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class PacingTest {
    private static final long BURST_NANOS = 20_000_000;
    private static final Peer PEER = new Peer("b", "b.example", 1, "b");

    @Property
    void neverMoreThanTheRateButForAShortBurst(
            @ForAll @LongRange(min = 1 << 16, max = 1L << 34) long rate,
            @ForAll @Size(min = 1, max = 200) List<@IntRange(min = 1, max = PacedOutputStream.PIECE) Integer> pieces,
            @ForAll @Size(200) List<@LongRange(min = 0, max = 50_000_000) Long> pauses) {
        Pace pace = new Pace(rate, 0);
        long now = 0;
        long sent = 0;
        for (int i = 0; i < pieces.size(); i++) {
            now += pauses.get(i);
            now += pace.reserve(now, pieces.get(i));
            assertThat(sent).isLessThanOrEqualTo((long) ((now + BURST_NANOS) * (rate / 1e9)) + pieces.size());
            sent += pieces.get(i);
        }
    }

    @Property
    void whoIsNeverIdleGetsTheWholeRate(@ForAll @LongRange(min = 1 << 16, max = 1L << 34) long rate) {
        Pace pace = new Pace(rate, 0);
        long now = 0;
        int count = 1000;
        for (int i = 0; i < count; i++) {
            now += pace.reserve(now, PacedOutputStream.PIECE);
        }
        double expected = 1e9 * count * PacedOutputStream.PIECE / rate;
        assertThat((double) now).isBetween(0.99 * expected - BURST_NANOS, 1.01 * expected + 1);
    }

    @Test
    void whoComesLaterWaitsOnlyForThePiecesBefore() {
        Pace pace = new Pace(1 << 20, 0);
        for (int i = 0; i < 3; i++) {
            pace.reserve(0, PacedOutputStream.PIECE);
        }
        long pieceNanos = Math.round(1e9 * PacedOutputStream.PIECE / (1 << 20));
        assertThat(pace.reserve(0, 1)).isBetween(3 * pieceNanos - BURST_NANOS, 3 * pieceNanos);
    }

    @Test
    void aLimitThatIsLiftedHoldsNobodyUp() {
        boolean[] lifted = new boolean[1];
        Pace pace = new Pace(1 << 16, 0, () -> lifted[0]);
        pace.reserve(0, PacedOutputStream.PIECE);
        assertThat(pace.reserve(0, PacedOutputStream.PIECE)).isPositive();
        lifted[0] = true;
        assertThat(pace.reserve(0, PacedOutputStream.PIECE)).isZero();
    }

    @Test
    void bytesAreHandedOnInSmallPieces() throws IOException {
        List<Integer> pieces = new ArrayList<>();
        ByteArrayOutputStream all = new ByteArrayOutputStream() {
            @Override
            public synchronized void write(byte[] bytes, int offset, int length) {
                pieces.add(length);
                super.write(bytes, offset, length);
            }
        };
        Pacing pacing = Pacing.of(OptionalLong.of(1L << 34), Map.of("b", OptionalLong.of(1L << 34)));
        byte[] bytes = new byte[3 * PacedOutputStream.PIECE + 7];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (i * 31);
        }
        pacing.paced(PEER, all).write(bytes);
        assertThat(all.toByteArray()).isEqualTo(bytes);
        assertThat(pieces)
                .containsExactly(PacedOutputStream.PIECE, PacedOutputStream.PIECE, PacedOutputStream.PIECE, 7);
    }

    @Test
    void whereNothingIsLimitedNothingIsInTheWay() {
        OutputStream out = OutputStream.nullOutputStream();
        assertThat(Pacing.unlimited().paced(PEER, out)).isSameAs(out);
        assertThat(Pacing.of(OptionalLong.empty(), Map.of("c", OptionalLong.of(1 << 20)))
                        .paced(PEER, out))
                .isSameAs(out);
    }
}
