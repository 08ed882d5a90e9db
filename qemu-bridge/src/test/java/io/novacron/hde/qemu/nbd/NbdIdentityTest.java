package io.novacron.hde.qemu.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** Reading and then writing is the identity, in pieces of any size, whatever the bytes are. */
class NbdIdentityTest {
    /** A request; what a WRITE writes is zero where {@code zero}. */
    record Request(boolean extended, int type, long offset, int length, boolean zero, long seed) {
        byte[] bytes() {
            NbdBytes out = extended
                    ? new NbdBytes().extended(0, type, offset, length)
                    : new NbdBytes().compact(0, type, offset, length);
            byte[] payload = new byte[type == 1 ? length : 0];
            if (!zero) {
                new Random(seed).nextBytes(payload);
            }
            return out.raw(payload).bytes();
        }

        /** How many whole pages it writes. */
        long pages() {
            long first = (offset + 4095) / 4096;
            long end = (offset + length) / 4096;
            return type == 1 ? Math.max(0, end - first) : 0;
        }
    }

    @Provide
    Arbitrary<Request> requests() {
        return Combinators.combine(
                        Arbitraries.of(true, false),
                        Arbitraries.of(0, 1, 1, 1, 3, 4, 5, 6, 7),
                        Arbitraries.longs().between(0, 100).map(n -> n % 3 == 0 ? n * 1000 : n * 4096),
                        Arbitraries.integers().between(0, 20_000),
                        Arbitraries.of(true, false),
                        Arbitraries.longs())
                .as(Request::new);
    }

    @Property(tries = 300)
    void aConversationIsReadAndWrittenAlike(
            @ForAll("requests") Request first,
            @ForAll @Size(max = 12) List<@net.jqwik.api.From("requests") Request> requests,
            @ForAll @IntRange(min = 1, max = 30_000) int most,
            @ForAll long seed) {
        List<Request> all = new ArrayList<>(requests);
        all.add(first);
        NbdBytes client = NbdBytes.client("disk0");
        all.forEach(request -> client.raw(request.bytes()));

        NbdRead read = NbdRead.pieces(client.disconnect().bytes(), NbdRead.DISK, most, new Random(seed));

        assertThat(read.annotations).containsExactly("blocks disk0 1003520", "disconnected");
        assertThat(read.ends).hasSize(all.size() + 1);
        assertThat(read.pages)
                .hasSize((int) all.stream().mapToLong(Request::pages).sum());
    }

    @Property(tries = 300)
    void aConversationThatIsCutIsWrittenAsFarAsItGoes(
            @ForAll @Size(min = 1, max = 6) List<@net.jqwik.api.From("requests") Request> requests,
            @ForAll @IntRange(min = 1, max = 10_000) int most,
            @ForAll @IntRange(min = 0, max = 100) int percent,
            @ForAll long seed) {
        NbdBytes client = NbdBytes.client("disk0");
        requests.forEach(request -> client.raw(request.bytes()));
        byte[] whole = client.bytes();

        NbdRead.pieces(
                java.util.Arrays.copyOf(whole, whole.length * percent / 100), NbdRead.DISK, most, new Random(seed));
    }

    @Property(tries = 300)
    void anyBytesAreWrittenAsTheyWereRead(
            @ForAll @Size(max = 5000) byte[] tail,
            @ForAll boolean greeted,
            @ForAll @IntRange(min = 1, max = 999) int most) {
        byte[] client = greeted ? NbdBytes.client("disk0").raw(tail).bytes() : tail;

        NbdRead.pieces(client, NbdRead.DISK, most, new Random(tail.length));
    }
}
