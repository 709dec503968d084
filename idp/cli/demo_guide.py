"""What the demonstration prints when the journey is over: addresses, people, links, and what to try with whom."""

from rich.console import Console
from rich.table import Table

from connectors.fictitious.personas import PASSPORT_PERSONAS
from idp.app.demo.people import BUSINESS, CITIZENS, STAFF, passkey_link
from idp.app.demo.story import link_url
from idp.app.serving import open_house
from idp.cli.demo_stack import Plan
from idp.cli.personas import say_persona


async def show_doors(plan: Plan, console: Console) -> None:
    """Print everything that hands need; the links are fresh and work once."""
    settings = plan.settings
    doors = Table("ที่อยู่ · address", "อะไร · what", title="เปิดดูได้ด้วยตนเอง · explore by hand", title_justify="left")
    doors.add_row(plan.addresses.jobs, "บริการขึ้นทะเบียนหางาน · the job-seeker service")
    doors.add_row(plan.addresses.efiling, "ยื่นแบบสำหรับนิติบุคคล · e-submission for companies")
    doors.add_row(plan.addresses.water, "เคาน์เตอร์การประปา · the waterworks' counter, for water_clerk")
    doors.add_row(f"{settings.issuer}/account", "บัญชีของฉัน ใครดูข้อมูลของฉัน · my account, who saw my data")
    doors.add_row(f"{settings.issuer}/enrol", "ลงทะเบียนด้วยตนเอง · enrol without an officer: at home, by ThaiD")
    doors.add_row(f"{settings.issuer}/kiosk", "หน้าจอตู้บริการ · the kiosk's screen")
    doors.add_row(settings.portal_url, "ระบบงานเจ้าหน้าที่ · the staff portal")
    doors.add_row(f"{settings.gateway_url}/verify", "ตรวจสอบเอกสาร · verify a document")
    doors.add_row(
        f"{plan.addresses.simulators}/_ami", "หน้าต่าง AMI จำลอง · the simulated window for officers' cards and PINs"
    )
    doors.add_row(f"{plan.addresses.simulators}/mail", "จดหมายที่ระบบส่ง (จำลอง) · letters that were sent (simulated)")
    console.print(doors)
    console.print("\nลิงก์เพิ่มพาสคีย์ ใช้ได้ครั้งเดียว · one-use links that add a passkey in your own browser", style="italic")
    async with open_house(settings) as rooms, rooms.ground.storage.unit_of_work() as uow:
        for key in dict.fromkeys((*(post.persona for post in STAFF), *BUSINESS, *CITIZENS)):
            say_persona(console, key)
            token = await passkey_link(uow, rooms, key)
            if token is not None:
                console.print(f"  {link_url(settings, token)}", soft_wrap=True)  # a link that is cut off is no link
    for key in PASSPORT_PERSONAS:
        say_persona(console, key)
    console.print("โปรแกรมเดิมของ GDX · programs written for GDX: docs/gdx-bridge.md, off by default", style="italic")
    console.print(f"idp = .venv/bin/idp   IDP_HOME={plan.home}   Ctrl-C หยุด · stops")
