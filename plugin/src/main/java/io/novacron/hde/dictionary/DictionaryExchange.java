package io.novacron.hde.dictionary;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import io.novacron.hde.frame.FrameDictionary;
import io.novacron.hde.frame.FrameException;
import io.novacron.hde.wire.Message;
import io.novacron.hde.wire.Protocol;
import io.novacron.hde.wire.WireException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * How two agents agree on the dictionary of a channel ({@code docs/protocol.md}, "Dictionaries"). The source offers those
 * of its own that fit the VM, the best first; the destination answers which it holds and which it would take; the source
 * chooses, and sends what is not held. Thread-safe.
 *
 * <p>A dictionary that a peer has sent is named by that peer and its digest, so it cannot come in the place of another
 * one, and nothing but that peer's frames is unpacked with it.
 */
public final class DictionaryExchange {
    private static final Pattern DIGEST = Pattern.compile("[0-9a-f]{64}");
    private static final int LEVEL = 19;

    private final DictionaryCatalog catalog;
    private final boolean enabled;
    private final boolean shared;
    private final Clock clock;

    /**
     * @param enabled whether any dictionary may be used
     * @param shared whether one may be that was made of other VMs' pages too
     */
    public DictionaryExchange(DictionaryCatalog catalog, boolean enabled, boolean shared, Clock clock) {
        this.catalog = catalog;
        this.enabled = enabled;
        this.shared = shared;
        this.clock = clock;
    }

    // ---- source -----------------------------------------------------------------------------------------------------

    /** This host's dictionaries for the memory of a VM, the best first. */
    public List<Dictionary> candidates(UUID vm) {
        List<Dictionary> own = enabled ? catalog.own(ResourceType.VM_MEMORY) : List.of();
        List<Dictionary> candidates = new ArrayList<>();
        for (Dictionary dictionary : own) {
            if (dictionary.scope() instanceof Scope.Vm of && of.vm().equals(vm)) {
                candidates.add(dictionary);
            }
        }
        for (Dictionary dictionary : own) {
            if (shared
                    && dictionary.scope() instanceof Scope.Family of
                    && of.members().contains(vm)) {
                candidates.add(dictionary);
            }
        }
        for (Dictionary dictionary : own) {
            if (shared && dictionary.scope() instanceof Scope.General) {
                candidates.add(dictionary);
            }
        }
        return candidates.subList(0, Math.min(candidates.size(), Protocol.MAX_DICTIONARY_OFFERS));
    }

    /** What Hello says of them. */
    public static List<Message.DictionaryOffer> offers(List<Dictionary> candidates) {
        return candidates.stream()
                .map(dictionary -> new Message.DictionaryOffer(
                        dictionary.digest(),
                        dictionary.type().typeName(),
                        dictionary.scope().scopeName(),
                        dictionary.content().bytes().length))
                .toList();
    }

    /**
     * The first of the candidates that the destination holds or would take. An older destination says nothing of
     * dictionaries.
     */
    public static Optional<Dictionary> choose(List<Dictionary> candidates, Message.Welcome welcome) {
        return candidates.stream()
                .filter(dictionary -> contains(welcome.dictionariesHeld(), dictionary)
                        || contains(welcome.dictionariesWanted(), dictionary))
                .findFirst();
    }

    /** Whether the destination holds a dictionary already, so that it need not be sent. */
    public static boolean isHeld(Dictionary dictionary, Message.Welcome welcome) {
        return contains(welcome.dictionariesHeld(), dictionary);
    }

    private static boolean contains(List<String> digests, Dictionary dictionary) {
        return digests != null && digests.contains(dictionary.digest());
    }

    /** The message that brings a dictionary to a destination. */
    public static Message.Dictionary message(FrameDictionary dictionary) {
        byte[] bytes = dictionary.bytes();
        byte[] packed = Zstd.compress(bytes, LEVEL);
        byte[] shorter = packed.length < bytes.length ? packed : bytes;
        ByteBuffer body = ByteBuffer.allocate(Integer.BYTES + shorter.length);
        return new Message.Dictionary(body.putInt(bytes.length).put(shorter).flip());
    }

    // ---- destination ------------------------------------------------------------------------------------------------

    /**
     * What the destination says to a source's offers.
     *
     * @param held of the offered ones, those that are here, by digest
     * @param wanted of the others, those that would be taken, by digest
     */
    public record Answer(Map<String, FrameDictionary> held, Map<String, Message.DictionaryOffer> wanted) {}

    /**
     * Looks at the offers of a Hello. What is of a type or a scope that this release does not know is neither held nor
     * wanted.
     *
     * @param peer who offers
     * @param offers null if the peer knows of no dictionaries
     * @throws WireException if they are malformed or too many
     */
    public Answer answer(String peer, List<Message.DictionaryOffer> offers) throws WireException {
        Answer answer = new Answer(new LinkedHashMap<>(), new LinkedHashMap<>());
        if (offers == null || !enabled) {
            return answer;
        }
        if (offers.size() > Protocol.MAX_DICTIONARY_OFFERS) {
            throw new WireException(
                    offers.size() + " dictionaries offered; the protocol allows " + Protocol.MAX_DICTIONARY_OFFERS);
        }
        for (Message.DictionaryOffer offer : offers) {
            if (offer == null
                    || offer.digest() == null
                    || !DIGEST.matcher(offer.digest()).matches()
                    || offer.bytes() < 1
                    || offer.bytes() > Protocol.MAX_DICTIONARY_BYTES) {
                throw new WireException("a malformed offer of a dictionary");
            }
            if (!ResourceType.VM_MEMORY.typeName().equals(offer.type()) || !isAllowed(offer.scope())) {
                continue;
            }
            Optional<Dictionary> known = catalog.find(peer, offer.digest());
            if (known.isPresent()) {
                answer.held.put(offer.digest(), known.get().content());
            } else {
                answer.wanted.put(offer.digest(), offer);
            }
        }
        return answer;
    }

    private boolean isAllowed(String scope) {
        return "vm".equals(scope) || (shared && ("general".equals(scope) || "family".equals(scope)));
    }

    /** Where the messages behind a Begin come from. */
    public interface Incoming {
        /** The next one; null at the end. */
        Message next() throws IOException;
    }

    /**
     * The dictionaries of a channel that begins. Those that are not held come now, each as a message, in the order of the
     * Begin, and are kept for the next channel.
     *
     * @param peer whose channel it is
     * @param vm whose memory it carries
     * @param vmName its name
     * @param begun digests of the dictionaries that the source will use; null if it knows of none
     * @throws WireException if one was not agreed on or is not what was offered, or if two have the same version, so that
     *     a frame would not tell which it needs
     */
    public List<FrameDictionary> agreed(
            String peer, UUID vm, String vmName, Answer answer, List<String> begun, Incoming incoming)
            throws IOException {
        Map<Integer, FrameDictionary> byVersion = new LinkedHashMap<>();
        for (String digest : begun == null ? List.<String>of() : begun) {
            FrameDictionary dictionary = answer.held.get(digest);
            Message.DictionaryOffer offer = answer.wanted.get(digest);
            if (dictionary == null && offer == null) {
                throw new WireException("a Begin with a dictionary that was not agreed on");
            }
            if (dictionary == null) {
                if (!(incoming.next() instanceof Message.Dictionary message)) {
                    throw new WireException("a Begin without the dictionary that must follow it");
                }
                dictionary = received(peer, vm, vmName, offer, message);
            }
            if (byVersion.put(dictionary.version(), dictionary) != null) {
                throw new WireException(
                        "two dictionaries of version " + Integer.toUnsignedString(dictionary.version()));
            }
        }
        return List.copyOf(byVersion.values());
    }

    private FrameDictionary received(
            String peer, UUID vm, String vmName, Message.DictionaryOffer offer, Message.Dictionary message)
            throws WireException {
        FrameDictionary content = unpack(message);
        String digest = Dictionary.digest(content.bytes());
        if (!digest.equals(offer.digest())) {
            throw new WireException("a dictionary that is not the one offered");
        }
        Scope scope = switch (offer.scope()) {
            case "vm" -> new Scope.Vm(vm, vmName);
            case "family" -> new Scope.Family(List.of());
            default -> new Scope.General();
        };
        catalog.put(
                new Dictionary(ResourceType.VM_MEMORY, scope, peer, digest, clock.millis(), 0, 0, 0, content),
                other -> false);
        return content;
    }

    static FrameDictionary unpack(Message.Dictionary message) throws WireException {
        ByteBuffer body = message.body().duplicate();
        if (body.remaining() <= Integer.BYTES) {
            throw new WireException("a dictionary of no bytes");
        }
        int length = body.getInt();
        if (length < 1 || length > Protocol.MAX_DICTIONARY_BYTES || body.remaining() > length) {
            throw new WireException("a dictionary of " + Integer.toUnsignedString(length) + " bytes, packed "
                    + body.remaining() + "; the protocol allows 1 to " + Protocol.MAX_DICTIONARY_BYTES);
        }
        byte[] packed = new byte[body.remaining()];
        body.get(packed);
        try {
            return FrameDictionary.of(packed.length == length ? packed : decompress(packed, length));
        } catch (FrameException e) {
            throw new WireException(e.getMessage(), e);
        }
    }

    private static byte[] decompress(byte[] packed, int length) throws WireException {
        byte[] bytes = new byte[length];
        try {
            long unpacked = Zstd.decompressByteArray(bytes, 0, length, packed, 0, packed.length);
            if (Zstd.isError(unpacked) || unpacked != length) {
                throw new WireException("a dictionary that zstd cannot unpack to " + length + " bytes");
            }
        } catch (ZstdException e) {
            throw new WireException("a dictionary that zstd cannot unpack: " + e.getMessage(), e);
        }
        return bytes;
    }
}
