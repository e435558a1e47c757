"""When the people of a bot are there, and what customers can do when nobody is."""

from flask import url_for
from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectField, StringField
from wtforms.validators import StopValidation

from models import Bot, now, reading
from models.hours import (
    BackwardHours,
    Doors,
    InvalidHoliday,
    InvalidHours,
    OverlappingHours,
    WhenAway,
    read_holidays,
    read_spans,
    write_spans,
    zones,
)
from models.presence import online_members
from web.access import member
from web.settings.forms import Lines, SettingsForm
from web.settings.pages import find_bot, page, refused, resource, saved

bp = resource("hours")

MOST_HOLIDAYS = 100
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

SENTENCES = {
    BackwardHours: _l("The end must come after the beginning. For hours past midnight, use both days."),
    OverlappingHours: _l("These hours overlap."),
    InvalidHours: _l("Please write hours like 9:00–12:30, 13:00–17:00."),
}


class Day(StringField):
    """The hours of one day, as spans."""

    def _value(self) -> str:
        return self.raw_data[0] if self.raw_data else write_spans(self.data or [])

    def process_formdata(self, valuelist: list[str]) -> None:
        """What was typed, as spans; raises ValueError with the sentence that says what is wrong."""
        try:
            self.data = read_spans(valuelist[0] if valuelist else "")
        except InvalidHours as error:
            raise ValueError(SENTENCES[type(error)]) from error


class Holidays(Lines):
    """Dates, one in a line."""

    def pre_validate(self, form: SettingsForm) -> None:
        """Refuse what is no date."""
        super().pre_validate(form)
        try:
            self.data = read_holidays(self.data)
        except InvalidHoliday as error:
            raise StopValidation(_l("“%(line)s” is no date. Please write dates like 2026-12-24.",
                                    line=error.line)) from None


def known_zone(form: SettingsForm, field: SelectField) -> None:
    """Validates a time zone: one of those that there are."""
    if field.data not in zones():
        raise StopValidation(_l("Please choose a time zone from the list."))


class HoursForm(SettingsForm):
    """Hours, holidays and the switch, and what the button does meanwhile."""

    doors = RadioField(_l("Open"), validate_choice=True, choices=[
        (Doors.HOURS.value, _l("By the hours below")), (Doors.OPEN.value, _l("Open now, whatever the hours say")),
        (Doors.CLOSED.value, _l("Closed now, whatever the hours say"))])
    zone = SelectField(_l("Time zone"), [known_zone], validate_choice=False)
    monday = Day(_l("Monday"))
    tuesday = Day(_l("Tuesday"))
    wednesday = Day(_l("Wednesday"))
    thursday = Day(_l("Thursday"))
    friday = Day(_l("Friday"))
    saturday = Day(_l("Saturday"))
    sunday = Day(_l("Sunday"))
    holidays = Holidays(_l("Holidays"), most=MOST_HOLIDAYS, limit=60,
                        description=_l("Closed all day. One date in a line, like 2026-12-24."))
    when_away = RadioField(_l("When nobody is available, “Talk to a human”"), validate_choice=True, choices=[
        (WhenAway.QUEUE.value, _l("lets customers wait, and says when you are back")),
        (WhenAway.FORM.value, _l("asks for an e-mail address and a message")),
        (WhenAway.HIDE.value, _l("is not shown"))])

    def __init__(self, bot: Bot):
        hours = bot.weekly
        super().__init__(data={"doors": bot.doors, "when_away": bot.when_away, "zone": hours.zone,
                               "holidays": hours.holidays, **dict(zip(DAYS, hours.week, strict=True))})
        self.zone.choices = zones()

    def values(self) -> dict:
        """The columns of a bot that it changes."""
        hours = {"zone": self.zone.data, "week": [self[day].data for day in DAYS], "holidays": self.holidays.data}
        return {"doors": self.doors.data, "when_away": self.when_away.data, "hours": hours}


@bp.get("/bots/<key>/hours")
def edit(key: str):
    """The hours of one bot."""
    bot = find_bot(key)
    return page("hours.html", form=HoursForm(bot), **_standing(bot))


@bp.post("/bots/<key>/hours")
def update(key: str):
    """Change them."""
    bot = find_bot(key)
    form = HoursForm(bot)
    if not form.validate():
        return refused("hours.html", form=form, **_standing(bot))
    bot.change(member(), **form.values())
    return saved(url_for(".edit", key=bot.key))


def _standing(bot: Bot) -> dict:
    at = now()
    with reading() as session:
        online = online_members(session, bot)
    return {"bot": bot, "days": DAYS, "is_open": bot.is_open(at), "opens_at": bot.opens_at(at), "online": online}
