/**
 * What a running agent tells and does on request, over a unix socket that only root and, for what changes nothing, the
 * members of one group can use.
 *
 * <p>One request per connection: a line of JSON in ({@code ControlRequest}), one JSON document out, {@code
 * {"result": ...}} or {@code {"error": "one line"}}. {@code ControlServer} belongs to the agent and asks a {@code
 * ControlHandler}; {@code ControlClient} belongs to the command line. The reports are plain records; their JSON names are
 * their components' in snake_case.
 */
package io.novacron.hde.control;
