"""Onboarding: how an agency comes to be connected, or to one more case (source document, "what agencies prepare").

Owns applications: what an agency wants, its check-list by case, the papers it sends, what was asked and answered, and
the review by two persons of the platform. Does not own what an approval makes: agency, seats and service are put in
place as a configuration file would (`Registrar`), the rights that are wanted are proposed to the data's owner as any
other. An approved agency is registered and its service closed; it opens when every line of the check-list holds, the
supervisor named by order among them. Rules: mission, rows S21, S22 and S28; design, sections 3 and 5.
"""
