package io.novacron.hde.channel;

import io.novacron.hde.codec.BatchPacker;
import io.novacron.hde.codec.ChannelRoom;
import io.novacron.hde.codec.PackOptions;
import io.novacron.hde.dictionary.SourceDictionaries;
import io.novacron.hde.store.PageStore;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.function.Function;

/** The packers of one channel: as many as threads have worked for it at a time. Thread-safe. */
final class PackerPool implements AutoCloseable {
    private final PackOptions options;
    private final PageStore store;
    private final SourceDictionaries dictionaries;
    private final ChannelRoom room;
    private final ConcurrentLinkedDeque<BatchPacker> idle = new ConcurrentLinkedDeque<>();

    PackerPool(PackOptions options, PageStore store, SourceDictionaries dictionaries, ChannelRoom room) {
        this.room = room;
        this.options = options;
        this.store = store;
        this.dictionaries = dictionaries;
    }

    <T> T with(Function<BatchPacker, T> work) {
        BatchPacker packer = idle.poll();
        if (packer == null) {
            packer = new BatchPacker(options, store, dictionaries, room);
        }
        try {
            return work.apply(packer);
        } finally {
            give(packer);
        }
    }

    private void give(BatchPacker packer) {
        if (idle.size() >= room.packers()) {
            packer.close();
        } else {
            // the one used last is warm in the cache
            idle.push(packer);
        }
    }

    /** To be called when nothing is being packed any more. */
    @Override
    public void close() {
        for (BatchPacker packer = idle.poll(); packer != null; packer = idle.poll()) {
            packer.close();
        }
    }
}
