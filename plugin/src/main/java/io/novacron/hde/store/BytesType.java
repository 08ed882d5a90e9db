package io.novacron.hde.store;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.h2.mvstore.DataUtils;
import org.h2.mvstore.WriteBuffer;
import org.h2.mvstore.type.BasicDataType;

/** Byte arrays as keys and values of the database. Lengths are checked before anything is allocated. */
final class BytesType extends BasicDataType<byte[]> {
    private static final int OBJECT = 24;
    private static final int MOST_IN_A_NODE = 1 << 16;

    @Override
    public int compare(byte[] left, byte[] right) {
        return Arrays.compareUnsigned(left, right);
    }

    @Override
    public int getMemory(byte[] bytes) {
        return OBJECT + bytes.length;
    }

    @Override
    public void write(WriteBuffer to, byte[] bytes) {
        to.putVarInt(bytes.length).put(bytes);
    }

    @Override
    public byte[] read(ByteBuffer from) {
        int length = DataUtils.readVarInt(from);
        if (length < 0 || length > from.remaining()) {
            throw DataUtils.newMVStoreException(
                    DataUtils.ERROR_FILE_CORRUPT, "A value of {0} bytes where {1} are left", length, from.remaining());
        }
        byte[] bytes = new byte[length];
        from.get(bytes);
        return bytes;
    }

    @Override
    public byte[][] createStorage(int size) {
        checkNode(size);
        return new byte[size][];
    }

    static void checkNode(int size) {
        if (size < 0 || size > MOST_IN_A_NODE) {
            throw DataUtils.newMVStoreException(DataUtils.ERROR_FILE_CORRUPT, "A node of {0} entries", size);
        }
    }
}
