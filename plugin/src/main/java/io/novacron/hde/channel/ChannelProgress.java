package io.novacron.hde.channel;

import io.novacron.hde.codec.CrossingMap;
import io.novacron.hde.codec.Effort;
import io.novacron.hde.codec.StreamPosition;
import io.novacron.hde.codec.Tier;
import io.novacron.hde.forecast.Course;
import io.novacron.hde.forecast.Forecast;
import io.novacron.hde.forecast.PastForecast;
import io.novacron.hde.wire.ChannelType;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/** What a channel has done so far; written by its threads, read by anybody. */
public final class ChannelProgress {
    /** How a channel is, or how it ended. */
    public enum Outcome {
        RUNNING,
        COMPLETED,
        FAILED
    }

    private static final int MOST_LEVEL_CHANGES = 256;

    /**
     * From then on segments were packed so.
     *
     * @param millis since the channel began
     * @param level zstd's
     * @param references how many known pages a new one was packed against at most
     * @param linkBytesPerSecond what the link was taken for
     */
    public record LevelChange(long millis, int level, int references, long linkBytesPerSecond) {}

    /**
     * The figures at one moment, each since the channel began.
     *
     * @param millis since the channel began
     * @param frames bytes that frames took on the wire: of deltas, compressed, and as they are; at the source
     * @param linkBytesPerSecond what the link took lately; at the source
     */
    public record Point(
            long millis,
            long streamBytes,
            long wireBytes,
            Map<Tier, Long> pages,
            FrameBytes frames,
            int rounds,
            long linkBytesPerSecond) {}

    /** Bytes of frames by what is in them. */
    public record FrameBytes(long delta, long compressed, long stored) {}

    private final ChannelId id;
    private final ChannelType type;
    private final Timeline timeline = new Timeline();
    private final long startedAt = System.currentTimeMillis();
    private final Map<Tier, AtomicLong> tiers = new EnumMap<>(Tier.class);
    private final AtomicLong streamBytes = new AtomicLong();
    private final Course course = new Course();
    private final AtomicLong naks = new AtomicLong();
    private final AtomicLong resumptions = new AtomicLong();
    private final AtomicLong levelChanges = new AtomicLong();
    private final PackCounts packed = new PackCounts();
    private volatile boolean connected = true;
    private volatile boolean oneOfSeveral;
    private volatile long wireBytes;
    private volatile long bufferedBytes;
    private volatile long linkBytesPerSecond;
    private volatile int rounds;
    private volatile int level;
    private volatile long linkRate;
    private final Deque<LevelChange> levels = new ArrayDeque<>();
    private volatile CrossingMap.Snapshot crossings;
    private volatile Switchover switchover;
    private volatile String baselineUsed;
    private volatile String baselineCommitted;
    private volatile String passThroughReason;
    private volatile String streamSha256;
    private volatile Outcome outcome = Outcome.RUNNING;
    private volatile String reason;
    private volatile long finishedAt;

    public ChannelProgress(ChannelId id) {
        this(id, ChannelType.MEMORY);
    }

    public ChannelProgress(ChannelId id, ChannelType type) {
        this.id = id;
        this.type = type;
        for (Tier tier : Tier.values()) {
            tiers.put(tier, new AtomicLong());
        }
    }

    public ChannelId id() {
        return id;
    }

    public ChannelType type() {
        return type;
    }

    /** Milliseconds since the epoch. */
    public long startedAt() {
        return startedAt;
    }

    /** Milliseconds since the epoch; 0 while it runs. */
    public long finishedAt() {
        return finishedAt;
    }

    /** Bytes of the stream, read from QEMU at the source, written to QEMU at the destination. */
    public long streamBytes() {
        return streamBytes.get();
    }

    /** Bytes of messages through the tunnel, both ways. */
    public long wireBytes() {
        return wireBytes;
    }

    /** Where the downtime went, as far as the agents see it; at the source, once the migration has succeeded. */
    public Optional<Switchover> switchover() {
        return Optional.ofNullable(switchover);
    }

    void switchover(Switchover times) {
        switchover = times;
    }

    /** Whether there is a connection to the peer at the moment. */
    public boolean isConnected() {
        return connected;
    }

    /** How often the migration went on over a new connection. */
    public long resumptions() {
        return resumptions.get();
    }

    void connected(boolean now) {
        connected = now;
    }

    void addResumption() {
        resumptions.incrementAndGet();
    }

    /** Encoded bytes that the destination QEMU has not yet been given; at the source. */
    public long bufferedBytes() {
        return bufferedBytes;
    }

    /** What the link has carried of late at its best; at the source. */
    public long linkBytesPerSecond() {
        return linkBytesPerSecond;
    }

    /** How often the stream has begun to go through the guest's memory; at the source. */
    public int rounds() {
        return rounds;
    }

    /** zstd's level at the moment; at the source. */
    public int level() {
        return level;
    }

    /** Bytes a second that the link is taken for; 0 while it has never been waited for; at the source. */
    public long linkRate() {
        return linkRate;
    }

    /** When the level changed, the last {@value #MOST_LEVEL_CHANGES} times; at the source. */
    public List<LevelChange> levels() {
        synchronized (levels) {
            return List.copyOf(levels);
        }
    }

    /** How often the level has changed; at the source. */
    public long levelChanges() {
        return levelChanges.get();
    }

    /** What pages were packed into; at the source. */
    public PackCounts packed() {
        return packed;
    }

    /** Batches that had to be sent again. */
    public long naks() {
        return naks.get();
    }

    /** Root of the baseline that the table started from, or null. */
    public String baselineUsed() {
        return baselineUsed;
    }

    /** Root of the baseline that came of it, or null. */
    public String baselineCommitted() {
        return baselineCommitted;
    }

    /** Why the stream was passed through, or null. */
    public String passThroughReason() {
        return passThroughReason;
    }

    /** SHA-256 over the stream where that was asked for, or null. */
    public String streamSha256() {
        return streamSha256;
    }

    public Outcome outcome() {
        return outcome;
    }

    /** Why it failed, or null. */
    public String reason() {
        return reason;
    }

    /** What is known of other guests that migrated without a baseline: bytes of the first round for each page. */
    public void others(double firstTimeBytes) {
        course.others(firstTimeBytes);
    }

    /** The memory crosses in other channels too: nothing can be said of what remains. */
    public void oneOfSeveral() {
        oneOfSeveral = true;
    }

    /** What remains; empty unless this is a source that runs, and where nothing is known of it. */
    public Optional<Forecast> forecast() {
        return outcome == Outcome.RUNNING && passThroughReason == null && !oneOfSeveral && type != ChannelType.SEED
                ? course.forecast()
                : Optional.empty();
    }

    /** What was forecast and what came, once it has completed; empty where nothing was forecast. */
    public Optional<PastForecast> pastForecast() {
        return outcome == Outcome.COMPLETED && passThroughReason == null && !oneOfSeveral
                ? course.past(id.peer())
                : Optional.empty();
    }

    /** Pages by tier. */
    public Map<Tier, Long> pagesByTier() {
        Map<Tier, Long> pages = new EnumMap<>(Tier.class);
        tiers.forEach((tier, count) -> pages.put(tier, count.get()));
        return pages;
    }

    void addPages(Tier tier, int pages) {
        tiers.get(tier).addAndGet(pages);
    }

    /** Notes how far it has come, if it is time to. */
    void look() {
        long millis = System.currentTimeMillis() - startedAt;
        timeline.offer(millis, () -> point(millis));
    }

    private Point point(long millis) {
        return new Point(millis, streamBytes(), wireBytes, pagesByTier(), packed.bytes(), rounds, linkBytesPerSecond);
    }

    /** How its figures grew; of a channel that has ended up to its end. */
    public List<Point> points() {
        List<Point> points = new ArrayList<>(timeline.points());
        if (outcome != Outcome.RUNNING) {
            points.add(point(finishedAt - startedAt));
        }
        return points;
    }

    /** How the memory crossed, region by region; empty where that is not known. */
    public Optional<CrossingMap.Snapshot> crossings() {
        return Optional.ofNullable(crossings);
    }

    void crossings(CrossingMap.Snapshot regions) {
        crossings = regions.blocks().isEmpty() ? null : regions;
    }

    /** Forgets {@link #points()} and {@link #crossings()}, which somebody has kept. */
    public void forgetCourse() {
        timeline.clear();
        crossings = null;
    }

    /** A batch has arrived, in the order of the stream; at the source. */
    void arrived(StreamPosition position, long batchBytes) {
        course.arrived(System.nanoTime(), position, batchBytes, linkBytesPerSecond);
    }

    void addStreamBytes(long bytes) {
        streamBytes.addAndGet(bytes);
    }

    void addNak() {
        naks.incrementAndGet();
    }

    void wireBytes(long bytes) {
        wireBytes = bytes;
    }

    void buffered(long bytes, long bytesPerSecond) {
        bufferedBytes = bytes;
        linkBytesPerSecond = bytesPerSecond;
    }

    void rounds(int begun) {
        rounds = begun;
    }

    void effort(Effort effort, double rate) {
        level = effort.level();
        linkRate = (long) rate;
        synchronized (levels) {
            LevelChange last = levels.peekLast();
            if (last == null || last.level != effort.level()) {
                levelChanges.addAndGet(last == null ? 0 : 1);
                if (levels.size() == MOST_LEVEL_CHANGES) {
                    levels.removeFirst();
                }
                levels.addLast(new LevelChange(
                        System.currentTimeMillis() - startedAt, effort.level(), effort.references(), linkRate));
            }
        }
    }

    /** Notes what the table starts from. */
    public void baselineUsed(String root) {
        baselineUsed = root;
    }

    void baselineCommitted(String root) {
        baselineCommitted = root;
    }

    void passThroughReason(String why) {
        passThroughReason = why;
    }

    void streamSha256(String hash) {
        streamSha256 = hash;
    }

    void finished(Outcome how, String why) {
        reason = why;
        finishedAt = System.currentTimeMillis();
        outcome = how;
    }
}
