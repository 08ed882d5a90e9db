package io.novacron.hde.codec;

import com.code_intelligence.jazzer.api.HookType;
import com.code_intelligence.jazzer.api.MethodHook;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;

/**
 * While fuzzing, most batches have the digest that they promise: nothing that changes bytes at random would ever come by
 * it.
 */
public final class BatchDigestHook {
    private BatchDigestHook() {}

    @MethodHook(
            type = HookType.REPLACE,
            targetClassName = "java.util.Arrays",
            targetMethod = "equals",
            targetMethodDescriptor = "([B[B)Z")
    public static boolean compare(MethodHandle method, Object none, Object[] arguments, int hookId) {
        byte[] promised = (byte[]) arguments[1];
        boolean trusted = promised.length == BatchDigest.BYTES && promised[0] != 0;
        return trusted || Arrays.equals((byte[]) arguments[0], promised);
    }
}
