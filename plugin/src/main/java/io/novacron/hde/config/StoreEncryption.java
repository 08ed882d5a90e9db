package io.novacron.hde.config;

/** How what is on the disk is protected from who gets hold of the disk. */
public enum StoreEncryption {
    /** Not: files that root alone may read. */
    NONE,
    /** Encrypted and authenticated with AES-256-GCM. */
    AES_GCM
}
