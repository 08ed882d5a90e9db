package io.novacron.hde.store;

import java.nio.ByteBuffer;
import org.h2.mvstore.WriteBuffer;
import org.h2.mvstore.type.BasicDataType;

/** Longs as keys of the database, eight bytes each. */
final class NumberType extends BasicDataType<Long> {
    private static final int OBJECT = 24;

    @Override
    public int compare(Long left, Long right) {
        return left.compareTo(right);
    }

    @Override
    public int getMemory(Long number) {
        return OBJECT;
    }

    @Override
    public void write(WriteBuffer to, Long number) {
        to.putLong(number);
    }

    @Override
    public Long read(ByteBuffer from) {
        return from.getLong();
    }

    @Override
    public Long[] createStorage(int size) {
        BytesType.checkNode(size);
        return new Long[size];
    }
}
