package io.novacron.hde.cli;

import io.novacron.hde.control.Release;
import picocli.CommandLine.IVersionProvider;

/** What {@code hde --version} prints. */
final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
        return new String[] {Release.name()};
    }
}
