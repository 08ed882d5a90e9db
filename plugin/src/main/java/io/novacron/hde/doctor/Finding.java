package io.novacron.hde.doctor;

/**
 * One thing that is wrong.
 *
 * @param check what found it
 * @param problem what is wrong, naming the file, the option or the peer
 * @param remedy what to do about it
 */
public record Finding(String check, Severity severity, String problem, String remedy) {}
