package io.novacron.hde.config;

/** What is logged: this and everything graver. */
public enum LogLevel {
    ERROR,
    WARN,
    INFO,
    DEBUG,
    TRACE
}
