"""One broadcast by random sampling, as one writes it to try an idea: plain sets.

    python3 gossip.py rounds|exponential NODES FANOUT TRIALS

Prints the CPU seconds, the messages delivered, and the peak memory in kilobytes.
"""

import heapq
import random
import resource
import sys
import time


def sample(nodes, fanout, me):
    """Different nodes, not me."""
    return [peer + (peer >= me) for peer in random.sample(range(nodes - 1), fanout)]


def rounds(nodes, fanout):
    known, new, messages = {0}, {0}, 0
    while new:
        told = set()
        for node in new:
            told.update(sample(nodes, fanout, node))
            messages += fanout
        new = told - known
        known |= new
    return messages


def exponential(nodes, fanout):
    known, events, messages = set(), [(0.0, 0)], 0
    while events:
        now, node = heapq.heappop(events)
        if node not in known:
            known.add(node)
            for peer in sample(nodes, fanout, node):
                heapq.heappush(events, (now + random.expovariate(10.0), peer))
                messages += 1
    return messages


def main():
    way, nodes, fanout, trials = sys.argv[1], *map(int, sys.argv[2:5])
    run = {"rounds": rounds, "exponential": exponential}[way]
    messages = sum(run(nodes, fanout) for _ in range(trials))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(time.process_time(), messages, peak)


main()
