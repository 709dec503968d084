// The answer for a service that wants it in a form: the form sends itself. Without scripts there is its button.

document.getElementById("form_post").submit();
