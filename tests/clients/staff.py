#!/usr/bin/env python3
"""Scripted staff of the district centre: accepts what waits for a person, decides consultations, rules on returns,
grants requests, checks results, calls back.

  staff.py
  staff.py --skip check,callback          decide consultations only
"""

import asyncio

import departments

if __name__ == "__main__":
    options = departments.arguments(__doc__, "CENTRE").parse_args()
    raise SystemExit(asyncio.run(departments.main(options, "staff.py")))
