package io.novacron.hde.agent;

import io.novacron.hde.baseline.TableFile;
import io.novacron.hde.codec.HashingHelp;
import io.novacron.hde.config.HdeConfig;
import io.novacron.hde.store.StoreException;
import io.novacron.hde.tunnel.TunnelTls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Uses the classes that an agent uses, in a process that does nothing else and ends: what the JVM has made of them by then
 * it can keep in an archive, from which an agent maps them. A guest or two migrate as in the warm-up, in a directory of
 * their own; no agent is disturbed, and neither libvirt nor a peer is asked.
 */
final class Rehearsal {
    private static final int PACKERS = 2;
    private static final long TABLE_BYTES = 16 << 20;

    /** Classes that no migration uses, but every agent does. */
    private static final Class<?>[] OTHERS = {
        Agent.class,
        AgentControl.class,
        ControlSockets.class,
        DestinationMigrations.class,
        DictionaryKeeper.class,
        DomainFollower.class,
        HookFollower.class,
        SourceMigrations.class,
        TcpListeners.class,
        TransparentMode.class,
        VmSockets.class,
    };

    private Rehearsal() {}

    /**
     * Uses them.
     *
     * @param config of the agent, whose certificate and options are used, and whose directories are not
     * @throws IOException naming what is in the way
     */
    static void run(HdeConfig config) throws IOException, InterruptedException {
        Path directory = Files.createTempDirectory("rehearsal-");
        ThreadPoolExecutor packers =
                new ThreadPoolExecutor(PACKERS, PACKERS, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>());
        try (TableFile tables = TableFile.open(directory, config.store().minFree(), TABLE_BYTES)) {
            for (Class<?> other : OTHERS) {
                Class.forName(other.getName());
            }
            new WarmUp(
                            new TunnelTls(Agent.tlsFiles(config)),
                            Agent.limits(config),
                            Optional.empty(),
                            packers,
                            HashingHelp.of(packers),
                            tables,
                            directory.resolve("store"),
                            directory,
                            Agent.packOptions(config),
                            config.verifyStream())
                    .rehearse();
        } catch (StoreException | ClassNotFoundException e) {
            throw new IOException(e.getMessage(), e);
        } finally {
            packers.shutdown();
            WarmUpDirectory.delete(directory);
        }
    }
}
