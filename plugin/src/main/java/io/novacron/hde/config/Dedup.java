package io.novacron.hde.config;

/** Between what pages are shared. */
public enum Dedup {
    /** Pages of one VM only. */
    VM,
    /** Pages of all VMs that this host knows. */
    HOST
}
