package io.novacron.hde.libvirt;

import java.util.ArrayList;
import java.util.List;

/** Writes down every call as one word and the domain's name. */
final class Recorder implements DomainListener {
    private final List<String> calls = new ArrayList<>();

    @Override
    public synchronized void active(DomainInfo domain) {
        calls.add("active " + domain.name());
    }

    @Override
    public synchronized void inactive(DomainInfo domain, boolean migratedAway) {
        calls.add((migratedAway ? "migrated " : "inactive ") + domain.name());
    }

    @Override
    public synchronized void undefined(DomainInfo domain) {
        calls.add("undefined " + domain.name());
    }

    @Override
    public synchronized void connected() {
        calls.add("connected");
    }

    @Override
    public synchronized void disconnected(String reason) {
        calls.add("disconnected");
    }

    synchronized List<String> calls() {
        return List.copyOf(calls);
    }

    synchronized List<String> take() {
        List<String> taken = List.copyOf(calls);
        calls.clear();
        return taken;
    }
}
