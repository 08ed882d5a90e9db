package io.novacron.hde.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.lmdbjava.Dbi;
import org.lmdbjava.DbiFlags;
import org.lmdbjava.Env;
import org.lmdbjava.EnvFlags;
import org.lmdbjava.Txn;

/** What the store could be built on, under one interface for {@link StoreBenchmark}. */
interface BenchmarkEngine extends AutoCloseable {
    void putFrame(long number, byte[] frame);

    void removeFrame(long number);

    byte[] frame(long number);

    void putKey(long high, long low, long location);

    void removeKey(long high, long low);

    long find(long high, long low);

    void commit();

    /** What may be done in quiet hours so that the file does not grow. */
    void compact();

    @Override
    void close();

    static BenchmarkEngine open(String name, Path directory) throws Exception {
        return switch (name) {
            case "mvstore" -> new Plain(directory);
            case "mvstore-blocks" -> new Blocks(directory, Optional.empty());
            case "mvstore-blocks-aes-gcm" -> new Blocks(directory, Optional.of(StoreKey.of(new byte[StoreKey.BYTES])));
            case "lmdb" -> new Lmdb(directory);
            default -> throw new IllegalArgumentException(name);
        };
    }

    /** MVStore with one entry a PageId. */
    final class Plain implements BenchmarkEngine {
        private final MVStore store;
        private final MVMap<Long, byte[]> frames;
        private final MVMap<byte[], Long> keys;

        Plain(Path directory) {
            store = new MVStore.Builder()
                    .fileName(directory.resolve("pages.mv").toString())
                    .cacheSize(8)
                    .autoCommitDisabled()
                    .autoCommitBufferSize(0)
                    .keysPerPage(256)
                    .open();
            store.setVersionsToKeep(0);
            store.setRetentionTime(10_000);
            frames = store.openMap(
                    "frames",
                    new MVMap.Builder<Long, byte[]>().keyType(new NumberType()).valueType(new BytesType()));
            keys = store.openMap(
                    "keys",
                    new MVMap.Builder<byte[], Long>().keyType(new BytesType()).valueType(new NumberType()));
        }

        @Override
        public void putFrame(long number, byte[] frame) {
            frames.put(number, frame);
        }

        @Override
        public void removeFrame(long number) {
            frames.remove(number);
        }

        @Override
        public byte[] frame(long number) {
            return frames.get(number);
        }

        @Override
        public void putKey(long high, long low, long location) {
            keys.put(key(high, low), location);
        }

        @Override
        public void removeKey(long high, long low) {
            keys.remove(key(high, low));
        }

        @Override
        public long find(long high, long low) {
            Long location = keys.get(key(high, low));
            return location == null ? 0 : location;
        }

        @Override
        public void commit() {
            store.commit();
        }

        @Override
        public void compact() {
            while (store.compact(80, 4 << 20)) {
                store.commit();
            }
            store.compactFile(1000);
        }

        @Override
        public void close() {
            store.close();
        }

        private static byte[] key(long high, long low) {
            return ByteBuffer.allocate(16).putLong(high).putLong(low).array();
        }
    }

    /** As the page store does it. */
    final class Blocks implements BenchmarkEngine {
        private final Database database;
        private final PageIndex index;

        Blocks(Path directory, Optional<StoreKey> key) throws Exception {
            database = Database.open(Files.createFile(directory.resolve("pages.mv")), 8, key);
            index = new PageIndex(database);
        }

        @Override
        public void putFrame(long number, byte[] frame) {
            database.putFrame(number, frame);
        }

        @Override
        public void removeFrame(long number) {
            database.removeFrame(number);
        }

        @Override
        public byte[] frame(long number) {
            return database.frame(number);
        }

        @Override
        public void putKey(long high, long low, long location) {
            index.put(high, low, location);
        }

        @Override
        public void removeKey(long high, long low) {
            index.forget(high, low, index.find(high, low));
        }

        @Override
        public long find(long high, long low) {
            return index.find(high, low);
        }

        @Override
        public void commit() {
            int uncommitted = 0;
            for (int merged = index.merge(1, false); merged > 0; merged = index.merge(1, false)) {
                uncommitted += merged;
                if (uncommitted > 4 << 20) {
                    database.commit();
                    uncommitted = 0;
                }
            }
            database.commit();
        }

        @Override
        public void compact() {
            boolean more = true;
            while (more) {
                more = database.compact();
            }
        }

        @Override
        public void close() {
            database.close();
        }
    }

    /** LMDB through lmdbjava; not synced, as MVStore's commit is not. */
    final class Lmdb implements BenchmarkEngine {
        private static final long MAP_BYTES = 8L << 30;
        private final Env<ByteBuffer> env;
        private final Dbi<ByteBuffer> frames;
        private final Dbi<ByteBuffer> keys;
        private final ByteBuffer number = ByteBuffer.allocateDirect(8);
        private final ByteBuffer key = ByteBuffer.allocateDirect(16);
        private final ByteBuffer value = ByteBuffer.allocateDirect(1 << 20);
        private Txn<ByteBuffer> txn;

        Lmdb(Path directory) {
            env = Env.create()
                    .setMapSize(MAP_BYTES)
                    .setMaxDbs(2)
                    .open(directory.toFile(), EnvFlags.MDB_NOSYNC, EnvFlags.MDB_NORDAHEAD);
            frames = env.openDbi("frames", DbiFlags.MDB_CREATE);
            keys = env.openDbi("keys", DbiFlags.MDB_CREATE);
            txn = env.txnWrite();
        }

        @Override
        public void putFrame(long frameNumber, byte[] frame) {
            value.clear().put(frame).flip();
            frames.put(txn, number(frameNumber), value);
        }

        @Override
        public void removeFrame(long frameNumber) {
            frames.delete(txn, number(frameNumber));
        }

        @Override
        public byte[] frame(long frameNumber) {
            ByteBuffer found = frames.get(txn, number(frameNumber));
            if (found == null) {
                return null;
            }
            byte[] bytes = new byte[found.remaining()];
            found.get(bytes);
            return bytes;
        }

        @Override
        public void putKey(long high, long low, long location) {
            value.clear().putLong(location).flip();
            keys.put(txn, key(high, low), value);
        }

        @Override
        public void removeKey(long high, long low) {
            keys.delete(txn, key(high, low));
        }

        @Override
        public long find(long high, long low) {
            ByteBuffer found = keys.get(txn, key(high, low));
            return found == null ? 0 : found.getLong();
        }

        @Override
        public void commit() {
            txn.commit();
            txn.close();
            txn = env.txnWrite();
        }

        @Override
        public void compact() {
            // LMDB uses free pages again by itself and never gives them back.
            commit();
        }

        @Override
        public void close() {
            txn.close();
            env.close();
        }

        private ByteBuffer number(long frameNumber) {
            return number.clear().putLong(frameNumber).flip();
        }

        private ByteBuffer key(long high, long low) {
            return key.clear().putLong(high).putLong(low).flip();
        }
    }

    /** Bytes that the files in a directory take on the disk. */
    static long diskBytes(Path directory) throws IOException {
        long bytes = 0;
        try (var files = Files.list(directory)) {
            for (Path file : files.toList()) {
                // LMDB's file is sparse.
                bytes += ((Number) Files.getAttribute(file, "unix:size")).longValue();
            }
        }
        return bytes;
    }
}
