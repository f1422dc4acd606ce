#!/usr/bin/env python3
"""Scripted departments: sign their work orders, note progress, report the result; grid chiefs check.

  departments.py                          all units but the district centre (that is staff.py)
  departments.py --units 'D13..D37,TOWN-*,GRID-*'
  departments.py --skip report            sign only, and leave the rest lying
"""

import argparse
import asyncio

import acts
import desk as desks
import wire


async def main(options, client):
    stop = wire.stop_signal()
    nc = await wire.connect(options.nats, client)
    units = await desks.units_of(nc.jetstream(), options.units)
    if not units:
        raise SystemExit(f"{client}: no unit fits --units {options.units}; was `gridline provision` run?")
    desk = desks.Desk(nc, units, acts.handler(options.returns), skip=filter(None, options.skip.split(",")))
    desk.open()
    await wire.until(stop, options.seconds, options.until_idle, desk.quiet_for)
    await wire.close(nc, list(desk.tasks))
    print(desk.report(client), flush=True)
    return 1 if desk.counts["defects"] else 0


def arguments(doc, units):
    """The options that departments and the centre's staff share."""
    p = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--nats", default="nats://127.0.0.1:4222", help="broker (default: %(default)s)")
    p.add_argument("--units", default=units, help="unit ids, ranges and patterns, by comma (default: %(default)s)")
    p.add_argument("--skip", default="", help="steps to leave alone: accept, dispatch, sign, report, decide, rule, grant, check, callback")
    p.add_argument("--returns", type=int, default=0, metavar="N", help="one in N work orders is returned (default: none)")
    p.add_argument("--seconds", type=float, help="stop after this time")
    p.add_argument("--until-idle", type=float, metavar="S", help="stop after S seconds without anything to do")
    return p


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main(arguments(__doc__, "*").parse_args(), "departments.py")))
