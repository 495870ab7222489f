/** What people and agents say in generated calls. Made up; no call of anybody. */
export interface Phrases {
  language: string;
  greeting: string;
  /** Each with words that the others do not have. */
  user: readonly string[];
  agent: readonly string[];
  /** A question that an agent may ask twice. */
  question: string;
  backchannel: string;
  /** Words as short as a backchannel that do ask for a turn. */
  shortTurn: string;
  /** The first half is for the seeds that the rules were tuned on, the second for those held out. */
  wantsHuman: readonly string[];
  /** Has the words of a wish for a person, and is none. */
  noWish: readonly string[];
}

export const PHRASES: readonly Phrases[] = [
  {
    language: "en",
    greeting: "Good morning, this is the water office speaking.",
    user: [
      "my bill for October looks much too high",
      "the meter was read on the third of the month",
      "we moved into the green house last summer",
      "could you send a copy by post instead",
      "there is a leak under the kitchen sink",
      "yes, the number is seven four two",
      "I paid it at the bank on Friday",
      "and when would the technician arrive",
    ],
    agent: [
      "I have opened your account and I see two readings from last month.",
      "The technician can visit on Tuesday between nine and eleven.",
      "Your payment has arrived, so nothing more is due today.",
      "A printed copy will reach you within four working days.",
      "Please close the valve beside the boiler until somebody arrives.",
      "The higher amount comes from an estimate that we shall correct.",
      "I have written down your new address for all letters.",
      "Thank you, that number belongs to the house at the corner.",
    ],
    question: "Would you like to have the bill sent by email from now on?",
    backchannel: "mhm",
    shortTurn: "no wait",
    wantsHuman: [
      "can I speak to a human please",
      "I want to talk to a real person",
      "let me speak with an agent now",
      "just put a human being on the line",
      "isn't there anyone there I can talk to who is not a machine",
      "please transfer me to a supervisor",
    ],
    noWish: ["the person who read the meter was friendly", "my agent at the bank told me to call"],
  },
  {
    language: "hi",
    greeting: "नमस्ते, जल विभाग में आपका स्वागत है।",
    user: [
      "मेरा अक्टूबर का बिल बहुत ज़्यादा आया है",
      "मीटर की रीडिंग तीन तारीख को हुई थी",
      "हम पिछली गर्मियों में नए घर में आए",
      "क्या आप डाक से एक प्रति भेज सकते हैं",
      "रसोई के नल के नीचे पानी टपक रहा है",
      "मैंने शुक्रवार को बैंक में पैसे जमा किए",
      "हाँ, नंबर सात चार दो है",
      "तकनीशियन किस समय आएगा",
    ],
    agent: [
      "मैंने आपका खाता खोला है और पिछले महीने की दो रीडिंग दिख रही हैं।",
      "तकनीशियन मंगलवार को नौ से ग्यारह बजे के बीच आ सकता है।",
      "आपका भुगतान मिल गया है, इसलिए आज कुछ बाकी नहीं।",
      "छपी हुई प्रति चार कार्य दिवसों में पहुँच जाएगी।",
      "जब तक कोई आए, कृपया बॉयलर के पास वाला वाल्व बंद रखें।",
      "ज़्यादा रकम एक अनुमान से आई थी जिसे हम ठीक करेंगे।",
      "सभी पत्रों के लिए आपका नया पता लिख लिया गया।",
      "धन्यवाद, यह संख्या कोने वाले मकान की है।",
    ],
    question: "क्या आप आगे से बिल ईमेल पर पाना चाहेंगे?",
    backchannel: "हाँ",
    shortTurn: "नहीं रुकिए",
    wantsHuman: [
      "मुझे किसी इंसान से बात करनी है",
      "किसी अधिकारी से बात कराइए",
      "एक आदमी से बात करना चाहता हूँ",
      "मशीन नहीं, कोई असली आदमी फ़ोन पर लाइए",
      "किसी व्यक्ति से बात हो सकती है क्या",
      "मैनेजर को फ़ोन दीजिए",
    ],
    noWish: ["जो आदमी मीटर देखने आया वह अच्छा था", "बैंक के अधिकारी ने फ़ोन करने को कहा"],
  },
  {
    language: "de",
    greeting: "Guten Morgen, hier ist das Wasseramt.",
    user: [
      "meine Rechnung für Oktober ist viel zu hoch",
      "der Zähler wurde am dritten abgelesen",
      "wir sind letzten Sommer in das grüne Haus gezogen",
      "können Sie eine Kopie mit der Post schicken",
      "unter der Spüle in der Küche tropft es",
      "ja, die Nummer ist sieben vier zwei",
      "ich habe am Freitag bei der Bank bezahlt",
      "und wann käme der Techniker",
    ],
    agent: [
      "Ich habe Ihr Konto geöffnet und sehe zwei Ablesungen vom letzten Monat.",
      "Der Techniker kann am Dienstag zwischen neun und elf Uhr kommen.",
      "Ihre Zahlung ist da, heute ist also nichts mehr offen.",
      "Eine gedruckte Kopie erreicht Sie binnen vier Werktagen.",
      "Bitte schließen Sie das Ventil am Boiler, bis jemand eintrifft.",
      "Der höhere Betrag kommt von einer Schätzung, die wir berichtigen.",
      "Ihre neue Anschrift habe ich für alle Briefe notiert.",
      "Danke, diese Nummer gehört zum Haus an der Ecke.",
    ],
    question: "Möchten Sie die Rechnung künftig per E-Mail bekommen?",
    backchannel: "genau",
    shortTurn: "nein Moment",
    wantsHuman: [
      "ich möchte mit einem Menschen sprechen",
      "kann ich mit einem Mitarbeiter reden",
      "ich will mit einer Person sprechen",
      "geben Sie mir endlich jemanden aus Fleisch und Blut",
      "verbinden Sie mich bitte mit einem Berater",
      "ich möchte mit dem Mitarbeiter von gestern sprechen",
    ],
    noWish: ["der Mitarbeiter von gestern war sehr freundlich", "in dem Haus wohnt eine Person"],
  },
  {
    language: "es",
    greeting: "Buenos días, habla la oficina del agua.",
    user: [
      "mi factura de octubre parece demasiado alta",
      "leyeron el contador el día tres del mes",
      "nos mudamos a la casa verde el verano pasado",
      "podría enviarme una copia por correo",
      "hay una fuga debajo del fregadero de la cocina",
      "sí, el número es siete cuatro dos",
      "lo pagué en el banco el viernes",
      "y cuándo llegaría el técnico",
    ],
    agent: [
      "He abierto su cuenta y veo dos lecturas del mes pasado.",
      "El técnico puede ir el martes entre las nueve y las once.",
      "Su pago ha llegado, así que hoy no debe nada más.",
      "Una copia impresa le llegará en cuatro días hábiles.",
      "Cierre por favor la llave junto a la caldera hasta que lleguen.",
      "El importe mayor viene de una estimación que vamos a corregir.",
      "He anotado su nueva dirección para todas las cartas.",
      "Gracias, ese número pertenece a la casa de la esquina.",
    ],
    question: "¿Quiere recibir la factura por correo electrónico a partir de ahora?",
    backchannel: "vale",
    shortTurn: "no espere",
    wantsHuman: [
      "quiero hablar con una persona",
      "puedo hablar con un agente por favor",
      "necesito hablar con alguien",
      "páseme con un ser humano de verdad",
      "quisiera hablar con un representante",
      "no quiero una máquina, deme un operador",
    ],
    noWish: ["la persona que vino fue muy amable", "en casa vive una persona mayor"],
  },
  {
    language: "fr",
    greeting: "Bonjour, ici le bureau des eaux.",
    user: [
      "ma facture du mois d'octobre semble bien trop élevée",
      "le compteur a été relevé le trois du mois",
      "nous avons emménagé dans la maison verte cet été",
      "pourriez-vous envoyer une copie par la poste",
      "il y a une fuite sous l'évier de la cuisine",
      "oui, le numéro est sept quatre deux",
      "je l'ai payée vendredi à la banque",
      "et quand viendrait le technicien",
    ],
    agent: [
      "J'ai ouvert votre compte et je vois deux relevés du mois dernier.",
      "Le technicien peut passer mardi entre neuf et onze heures.",
      "Votre paiement est arrivé, vous ne devez plus rien aujourd'hui.",
      "Une copie imprimée vous parviendra sous quatre jours ouvrés.",
      "Fermez la vanne près de la chaudière jusqu'à notre arrivée.",
      "Le montant plus haut vient d'une estimation que nous corrigerons.",
      "J'ai noté votre nouvelle adresse pour tous les courriers.",
      "Merci, ce numéro appartient à la maison du coin.",
    ],
    question: "Souhaitez-vous recevoir désormais la facture par courriel ?",
    backchannel: "oui",
    shortTurn: "non attendez",
    wantsHuman: [
      "je veux parler à une personne",
      "puis-je parler avec un conseiller",
      "je voudrais parler à un humain",
      "passez-moi quelqu'un de vivant s'il vous plaît",
      "je souhaite parler à une vraie personne",
      "y a-t-il un être humain au bout du fil",
    ],
    noWish: [
      "la personne qui est venue était aimable",
      "mon conseiller à la banque m'a dit d'appeler",
    ],
  },
];
