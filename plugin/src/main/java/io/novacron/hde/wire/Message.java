package io.novacron.hde.wire;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * Everything that crosses a tunnel. The source agent is the one whose QEMU is being left; it opens the tunnel.
 *
 * <pre>
 *   source                                   destination
 *     Open ─────────────────────────────────▶           begins a tunnel   (Resume ─▶ ◀─ Resumed: another connection)
 *     Hello ────────────────────────────────▶           who, which VM, which baselines are offered
 *           ◀──────────────────────────────── Welcome   which of them are held   (or Refuse, and the end)
 *     Begin ────────────────────────────────▶           which of those are used
 *     Dictionary ───────────────────────────▶           one that the destination does not hold
 *     Batch ────────────────────────────────▶           stream bytes, encoded; numbered from 1
 *           ◀──────────────────────────────── Ack       written to QEMU up to this number
 *           ◀──────────────────────────────── Nak       this batch could not be rebuilt
 *     Resend ───────────────────────────────▶           the same batch, raw
 *           ◀──────────────────────────────── Return    what the destination QEMU says to the source QEMU
 *     End ──────────────────────────────────▶           the source QEMU closed its socket
 *           ◀──────────────────────────────── ReturnEnd the destination QEMU closed its socket
 *     Commit ───────────────────────────────▶           the migration succeeded; this is the new baseline's root
 *           ◀──────────────────────────────── Committed the destination has kept it
 *     Ping ─────────────────────────────────▶           (at any time)
 *           ◀──────────────────────────────── Pong
 *     Received ────────── (either way) ────────────     how many messages have come, every second
 *     Close ───────────── (either way) ────────────     the end of the tunnel
 * </pre>
 *
 * <p>So it is for memory, disks, TCP and seeds. In a channel of type control Welcome is followed by Data and DataEnd, either
 * way; in one of type estimate by Data and Ping from the source, which stand for nothing.
 */
public sealed interface Message {

    /**
     * Opens a channel.
     *
     * @param lowestVersion oldest protocol version the source speaks
     * @param highestVersion newest protocol version the source speaks
     * @param channelType number of a {@link ChannelType}; 0, memory, from a source that speaks version 3 only
     * @param software the source's release, for logs
     * @param host the source's own host name: a peer's name in the destination's configuration
     * @param vm the domain's name: the destination connects to {@code SOCKETS/OWN-HOST/vm.sock}, for a disk to
     *     {@code vm-disk.sock}
     * @param vmUuid the domain's UUID
     * @param migration names this migration in both agents' records; 32 hexadecimal digits
     * @param channel 0 for the first connection that QEMU made for this migration, 1 for the next, …
     * @param verifyStream whether both sides hash every byte of the stream
     * @param tableChunks how large the source lets the channel's table become: chunks of 4096 pages
     * @param deltaAlgorithms names of the delta algorithms that the source may use
     * @param offers roots of baselines that the source holds, best first
     * @param dictionaries those that the source could use in this channel, best first; null from an older source
     * @param challenge drawn for this channel, 64 hexadecimal digits: what the destination's proofs are made for. Null from
     *     an older source, with which no baseline is agreed on
     * @param port for type TCP: where the QEMU listens on the destination's host, else 0
     */
    record Hello(
            int lowestVersion,
            int highestVersion,
            int channelType,
            String software,
            String host,
            String vm,
            String vmUuid,
            String migration,
            int channel,
            boolean verifyStream,
            int tableChunks,
            List<String> deltaAlgorithms,
            List<Offer> offers,
            List<DictionaryOffer> dictionaries,
            String challenge,
            int port)
            implements Message {}

    /**
     * A baseline that the source holds.
     *
     * @param root 64 hexadecimal digits
     * @param vmUuid the VM whose memory or disk it is
     */
    record Offer(String root, String vmUuid) {}

    /**
     * A dictionary that the source has.
     *
     * @param digest SHA-256 over it, 64 hexadecimal digits
     * @param type what it is for: {@code vm-memory}
     * @param scope what it was made of: {@code vm}, {@code family} or {@code general}
     * @param bytes its length
     */
    record DictionaryOffer(String digest, String type, String scope, int bytes) {}

    /**
     * The destination has connected to its QEMU and waits for the stream.
     *
     * @param version the protocol version that both speak from here on
     * @param software the destination's release, for logs
     * @param host the destination's own host name
     * @param tableChunks how large both let the channel's table become; not more than the source's
     * @param deltaAlgorithms those of the offered algorithms that the destination knows
     * @param held those of the offered roots whose baselines the destination has at hand, in the order of the offer
     * @param dictionariesHeld digests of those of the offered dictionaries that the destination holds; null from an older
     *     destination
     * @param dictionariesWanted digests of those that it would take; null from an older destination
     * @param challenge drawn for this channel, 64 hexadecimal digits: what the source's proofs are made for. Null from an
     *     older destination
     * @param proofs that the destination has the baselines of {@code held}, in that order, each 64 hexadecimal digits
     */
    record Welcome(
            int version,
            String software,
            String host,
            int tableChunks,
            List<String> deltaAlgorithms,
            List<String> held,
            List<String> dictionariesHeld,
            List<String> dictionariesWanted,
            String challenge,
            List<String> proofs)
            implements Message {}

    /**
     * The last word on baselines, before the first batch.
     *
     * @param baselines roots of those that both sides now have at hand, in the order of Welcome; the first is what the
     *     channel's table starts from
     * @param dictionaries digests of those that frames may need; the ones that the destination does not hold follow, each
     *     as a Dictionary, in this order. Null from an older source
     * @param proofs that the source has the baselines, in that order, each 64 hexadecimal digits
     */
    record Begin(List<String> baselines, List<String> dictionaries, List<String> proofs) implements Message {}

    /**
     * A dictionary.
     *
     * @param body as {@code docs/protocol.md} lays out; from its position to its limit
     */
    record Dictionary(ByteBuffer body) implements Message {}

    /** The channel will not be carried; nothing was handed to any QEMU. */
    record Refuse(String reason) implements Message {}

    /**
     * A piece of the stream, encoded.
     *
     * @param sequence 1 for a channel's first batch, then one more each
     * @param body as {@code docs/protocol.md} lays out; from its position to its limit
     */
    record Batch(long sequence, ByteBuffer body) implements Message {}

    /** The batch of that number again, with every stream byte in it. */
    record Resend(long sequence, ByteBuffer body) implements Message {}

    /**
     * The source QEMU closed its end of the channel, or the source agent gave up.
     *
     * @param lastSequence number of the last batch sent
     * @param streamBytes stream bytes read from QEMU in all
     * @param aborted null when QEMU closed; otherwise why the source agent gave up
     * @param streamSha256 SHA-256 over the stream where Hello asked for it, else null; 64 hexadecimal digits
     */
    record End(long lastSequence, long streamBytes, String aborted, String streamSha256) implements Message {}

    /**
     * Every batch up to this number has been rebuilt, verified and written to the destination QEMU.
     *
     * @param queuedBytes bytes of later messages that have arrived and wait to be rebuilt, an unsigned 32-bit number: many,
     *     and it is not the link that is slow
     */
    record Ack(long sequence, long queuedBytes) implements Message {}

    /** This batch could not be rebuilt; later ones wait until it is sent again. */
    record Nak(long sequence, String reason) implements Message {}

    /** Bytes of the return path. */
    record Return(ByteBuffer bytes) implements Message {}

    /** The destination QEMU closed its end of the channel. */
    record ReturnEnd() implements Message {}

    /** Bytes of a channel of type control, either way. */
    record Data(ByteBuffer bytes) implements Message {}

    /** Whoever is connected at the sender's end of a channel of type control says nothing more. */
    record DataEnd() implements Message {}

    /**
     * QEMU has reported success; both sides now know the same memory.
     *
     * @param root what the source computed; 64 hexadecimal digits
     * @param capturedAt milliseconds since the epoch, by the source's clock
     */
    record Commit(String root, long capturedAt) implements Message {}

    /**
     * Answer to Commit.
     *
     * @param root what the destination computed
     * @param kept whether it equals the source's and is kept
     */
    record Committed(String root, boolean kept) implements Message {}

    /** Asks for a Pong with the same number: proof of life and a measure of the round trip. */
    record Ping(long token) implements Message {}

    /** Answer to Ping. */
    record Pong(long token) implements Message {}

    /**
     * The first message of a tunnel's first connection.
     *
     * @param tunnel names it when it has to be resumed; 32 hexadecimal digits, random
     */
    record Open(String tunnel) implements Message {}

    /**
     * The first message of any further connection of a tunnel.
     *
     * @param tunnel as in Open
     * @param received how many numbered messages the source has received
     */
    record Resume(String tunnel, long received) implements Message {}

    /**
     * Answer to Resume.
     *
     * @param received how many numbered messages the destination has received
     */
    record Resumed(long received) implements Message {}

    /**
     * Proof of life.
     *
     * @param messages how many numbered messages the sender of this has received; the other need not keep them any longer
     */
    record Received(long messages) implements Message {}

    /**
     * The end of the tunnel. An end of the connection without it is none.
     *
     * @param reason why the sender gives up; null when there is nothing more to say
     */
    record Close(String reason) implements Message {}

    /**
     * Instead of Hello: no channel is wanted, only to know whether there could be one.
     *
     * @param software the source's release, for logs
     * @param host the source's own host name
     */
    record Ask(String software, String host) implements Message {}

    /**
     * Answer to Ask: how the source stands with the destination.
     *
     * @param lowestVersion oldest protocol version the destination speaks
     * @param highestVersion newest protocol version the destination speaks
     * @param software the destination's release
     * @param host the destination's own host name
     * @param peer the name under which it has configured the source
     * @param names the source's certificates must carry one of these
     * @param maySend whether VMs may migrate from the source to it
     * @param maySeed whether the source may seed it
     * @param mayReceive whether VMs may migrate from it to the source
     * @param mayControl whether the source's libvirt may talk to its own
     * @param clock milliseconds since the epoch
     */
    record Standing(
            int lowestVersion,
            int highestVersion,
            String software,
            String host,
            String peer,
            List<String> names,
            boolean maySend,
            boolean maySeed,
            boolean mayReceive,
            boolean mayControl,
            long clock)
            implements Message {}
}
