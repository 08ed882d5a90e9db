package io.novacron.hde.store;

import java.util.Optional;

/** The same damage to an encrypted store. */
class EncryptedDamageTest extends DamageTest {
    @Override
    Optional<StoreKey> key() {
        return Optional.of(StoreKey.of(new byte[StoreKey.BYTES]));
    }
}
