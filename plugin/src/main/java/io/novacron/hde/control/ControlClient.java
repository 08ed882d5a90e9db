package io.novacron.hde.control;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;

/** Asks a running agent, one connection for each question; from any thread. */
public final class ControlClient {
    private static final int LONGEST_ANSWER = 64 << 20;

    private final Path path;
    private final Duration limit;
    // An agent of a newer release may tell more.
    private final JsonMapper mapper = ControlJson.mapper()
            .rebuild()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    /**
     * Connects to nothing yet.
     *
     * @param path of the agent's control socket
     */
    public ControlClient(Path path) {
        this(path, Duration.ofSeconds(30));
    }

    ControlClient(Path path, Duration limit) {
        this.path = Objects.requireNonNull(path, "path");
        this.limit = limit;
    }

    /** See {@link ControlHandler#status}. */
    public StatusReport status() throws ControlException {
        return ask(new ControlRequest.Status(), new TypeReference<StatusReport>() {});
    }

    /** See {@link ControlHandler#baselines}. */
    public List<BaselineSummary> baselines() throws ControlException {
        return ask(new ControlRequest.Baselines(), new TypeReference<List<BaselineSummary>>() {});
    }

    /** See {@link ControlHandler#baseline}. */
    public BaselineDetail baseline(String rootPrefixOrVm) throws ControlException {
        return ask(new ControlRequest.Baseline(rootPrefixOrVm), new TypeReference<BaselineDetail>() {});
    }

    /** See {@link ControlHandler#dropBaselines}. */
    public int dropBaselines(String vmOrRootPrefix) throws ControlException {
        return ask(new ControlRequest.DropBaselines(vmOrRootPrefix), new TypeReference<Integer>() {});
    }

    /** See {@link ControlHandler#dictionaries}. */
    public List<DictionarySummary> dictionaries() throws ControlException {
        return ask(new ControlRequest.Dictionaries(), new TypeReference<List<DictionarySummary>>() {});
    }

    /** See {@link ControlHandler#dictionary}. */
    public DictionarySummary dictionary(String digestPrefix) throws ControlException {
        return ask(new ControlRequest.Dictionary(digestPrefix), new TypeReference<DictionarySummary>() {});
    }

    /** See {@link ControlHandler#trainDictionaries}. */
    public List<DictionaryTraining> trainDictionaries(String type) throws ControlException {
        return ask(new ControlRequest.TrainDictionaries(type), new TypeReference<List<DictionaryTraining>>() {});
    }

    /** See {@link ControlHandler#transparent}. */
    public TransparentReport transparent() throws ControlException {
        return ask(new ControlRequest.Transparent(), new TypeReference<TransparentReport>() {});
    }

    /** See {@link ControlHandler#switchTransparent}. */
    public TransparentReport switchTransparent(boolean on) throws ControlException {
        return ask(new ControlRequest.SwitchTransparent(on), new TypeReference<TransparentReport>() {});
    }

    /** See {@link ControlHandler#history}. */
    public List<ChannelReport> history() throws ControlException {
        return ask(new ControlRequest.History(), new TypeReference<List<ChannelReport>>() {});
    }

    /** See {@link ControlHandler#courses}. */
    public List<ChannelCourse> courses(String migration) throws ControlException {
        return ask(new ControlRequest.Courses(migration), new TypeReference<List<ChannelCourse>>() {});
    }

    /** See {@link ControlHandler#seeds}. */
    public List<SeedReport> seeds() throws ControlException {
        return ask(new ControlRequest.Seeds(), new TypeReference<List<SeedReport>>() {});
    }

    /** See {@link ControlHandler#seed}. */
    public SeedReport seed(String vm, String peer, Long keepFreshSeconds, Long maxBandwidth) throws ControlException {
        return ask(
                new ControlRequest.Seed(vm, peer, keepFreshSeconds, maxBandwidth), new TypeReference<SeedReport>() {});
    }

    /** See {@link ControlHandler#stopSeed}. */
    public SeedReport stopSeed(String vm, String peer) throws ControlException {
        return ask(new ControlRequest.StopSeed(vm, peer), new TypeReference<SeedReport>() {});
    }

    /** See {@link ControlHandler#estimate}. */
    public EstimateReport estimate(String vm, String peer) throws ControlException {
        return ask(new ControlRequest.Estimate(vm, peer), new TypeReference<EstimateReport>() {});
    }

    private <T> T ask(ControlRequest request, TypeReference<T> type) throws ControlException {
        JavaType answer = mapper.constructType(type);
        try {
            JsonNode document = mapper.readTree(exchange(mapper.writeValueAsString(request)));
            if (document.hasNonNull("error")) {
                throw new ControlException(document.get("error").asText());
            }
            if (!document.hasNonNull("result")) {
                throw new ControlException("the agent at " + path + " ended the conversation without an answer");
            }
            return mapper.treeToValue(document.get("result"), answer);
        } catch (JsonProcessingException e) {
            throw new ControlException("the agent at " + path + " answered what is not a report", e);
        }
    }

    private String exchange(String request) throws ControlException {
        SocketChannel socket;
        try {
            socket = SocketChannel.open(UnixDomainSocketAddress.of(path));
        } catch (IOException | IllegalArgumentException e) {
            String denied = String.valueOf(e.getMessage()).contains("Permission denied")
                    ? "the agent's socket " + path + " is for root and for members of control.group: try again as root"
                    : "no agent answers on " + path + ": start it with 'systemctl start hde'";
            throw new ControlException(denied, e);
        }
        try (TimedChannel channel = new TimedChannel(socket, limit)) {
            channel.write((request + "\n").getBytes(StandardCharsets.UTF_8));
            return new String(channel.readAll(LONGEST_ANSWER), StandardCharsets.UTF_8);
        } catch (SocketTimeoutException e) {
            throw new ControlException("the agent at " + path + " does not answer", e);
        } catch (IOException e) {
            throw new ControlException("the agent at " + path + " ended the conversation: " + e.getMessage(), e);
        }
    }
}
