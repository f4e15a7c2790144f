"""The same sending on many machines: what is due becomes jobs in PostgreSQL, and any worker takes them.

    freeze ──▶ jobs, in the same transaction ──▶ worker ──▶ App.deliver: claim, hand over, record
                 ▲                                              │
                 └── attend, every minute: what is due and has no job, what a dead worker has left

The ledger stays the truth: a job is an occasion to look into it. One that runs twice, late or never mails nobody twice and
forgets nobody.
"""
