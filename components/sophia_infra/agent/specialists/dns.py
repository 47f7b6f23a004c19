"""DNS: zones, their records, mail, pools, and what advice would edit in them."""

from sophia_infra.agent.operations import AddRecords, ApproveEdit, RemoveRecords, SetRecords, SetTtl
from sophia_infra.agent.specialists.specialist import Specialist, lookup

SPECIALIST = Specialist(
    "dns",
    watches=("drift", "advised", "pools"),
    topics=("records", "mail", "zones", "pools", "advice"),
    operations=(SetRecords, AddRecords, RemoveRecords, SetTtl, ApproveEdit),
    tools=(lookup("hosts", "host", "zone", "pool"),),
)
