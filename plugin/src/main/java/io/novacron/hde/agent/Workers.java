package io.novacron.hde.agent;

import io.novacron.hde.codec.HashingHelp;
import java.util.concurrent.ExecutorService;

/**
 * Who does a source channel's work beside its own threads.
 *
 * @param packers compress batches
 * @param help for hashing
 */
record Workers(ExecutorService packers, HashingHelp help) {}
