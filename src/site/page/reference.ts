// The reference of the API: Swagger UI over the document that the same shop serves.

import SwaggerUI from "swagger-ui-dist/swagger-ui-es-bundle.js";

const kDark = window.matchMedia("(prefers-color-scheme: dark)");

function followTheme(): void {
  document.documentElement.classList.toggle("dark-mode", kDark.matches);
}

followTheme();
kDark.addEventListener("change", followTheme);
SwaggerUI({
  domNode: document.getElementById("reference"),
  url: "/openapi.json",
  deepLinking: true,
  displayRequestDuration: true,
  validatorUrl: null, // the default one is on another host
});
