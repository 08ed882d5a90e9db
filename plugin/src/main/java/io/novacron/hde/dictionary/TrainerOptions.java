package io.novacron.hde.dictionary;

import java.time.Duration;

/**
 * How dictionaries are trained.
 *
 * @param interval how long after one training the next is due
 * @param maxSamples the most pages that one dictionary is trained on and tested with
 * @param maxBytes how large a dictionary may be
 * @param maxAge how long a dictionary is kept, this host's own and those of peers
 * @param shared whether one dictionary may be made of several VMs' pages
 */
public record TrainerOptions(Duration interval, int maxSamples, int maxBytes, Duration maxAge, boolean shared) {}
